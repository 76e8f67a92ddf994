import { OctenClient } from '../../../src/search/octen/octen.client.js';
import { SearchFailure } from '../../../src/search/search-backend.js';
import { DEFAULT_SEARCH, type SearchOptions } from '../../../src/search/search-options.js';
import { planSearch } from '../../../src/search/search-plan.js';
import { sendJson, startSearchService, type SearchService } from '../../support/search-service.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const FOUND = {
  code: 0,
  msg: 'success',
  request_id: 'req_1',
  data: {
    query: 'q',
    results: [
      {
        title: 'Influenza',
        url: 'https://www.who.int/flu',
        highlight: 'WHO recommends…',
        full_content: 'the whole page',
        authors: 'WHO',
        time_published: '2024-10-15T00:00:00Z',
        time_last_crawled: '2026-01-20T02:12:34Z',
        cover_image: { url: 'https://www.who.int/cover.jpg', description: 'cover' },
        images: [{ url: 'https://www.who.int/1.jpg' }],
      },
    ],
  },
  meta: { usage: { num_search_queries: 1, full_content_extra_count: 0 }, latency: 237, warning: null },
};

let service: SearchService;
beforeAll(async () => {
  service = await startSearchService((_, response) => sendJson(response, FOUND));
});
beforeEach(() => {
  service.requests.length = 0;
  service.answer = (_, response) => sendJson(response, FOUND);
});
afterAll(() => service.close());

const never = new AbortController().signal;
const client = (timeoutMs = 5_000) => new OctenClient({ url: service.url, apiKey: 'octen-key', timeoutMs });
const search = (query: string, over: Partial<SearchOptions> = {}, timeoutMs = 5_000) =>
  client(timeoutMs).search(planSearch(query, { ...DEFAULT_SEARCH, ...over }, NOW), never);

describe("Octen's search API", () => {
  it('is asked with every parameter, the operators of the query among the domain lists', async () => {
    await search('flu site:who.int -site:ads.who.int', {
      count: 20,
      includeDomains: ['cdc.gov'],
      excludeDomains: ['spam.com'],
      includeText: ['vaccine'],
      excludeText: ['advert'],
      timeBasis: 'published',
      timeRange: 'month',
      language: ['en', 'fr'],
      highlight: { enable: false, maxTokens: 300 },
      fullContent: { enable: true, maxTokens: 1_000 },
      format: 'markdown',
      safesearch: 'off',
      includeImages: true,
    });
    const [request] = service.requests;
    expect(request?.method).toBe('POST');
    expect(request?.url.pathname).toBe('/search');
    expect(request?.headers['x-api-key']).toBe('octen-key');
    expect(request?.body).toEqual({
      query: 'flu',
      count: 20,
      include_domains: ['cdc.gov', 'who.int'],
      exclude_domains: ['spam.com', 'ads.who.int'],
      include_text: ['vaccine'],
      exclude_text: ['advert'],
      time_basis: 'published',
      time_range: 'month',
      language: ['en', 'fr'],
      highlight: { enable: false, max_tokens: 300 },
      full_content: { enable: true, max_tokens: 1_000 },
      format: 'markdown',
      safesearch: 'off',
      include_images: true,
    });
  });

  it('statement 59: is not told a time range beside a start', async () => {
    await search('flu', { timeRange: 'day', startTime: '2024-01-01T00:00:00Z' });
    expect(service.requests[0]?.body).toMatchObject({ start_time: '2024-01-01T00:00:00Z' });
    expect(service.requests[0]?.body).not.toHaveProperty('time_range');
  });

  it('answers results in our words', async () => {
    const [result] = await search('flu', {
      fullContent: { enable: true, maxTokens: 100 },
      includeImages: true,
    });
    expect(result).toEqual({
      title: 'Influenza',
      url: 'https://www.who.int/flu',
      highlights: 'WHO recommends…',
      fullContent: 'the whole page',
      authors: 'WHO',
      timePublished: '2024-10-15T00:00:00Z',
      timeLastCrawled: '2026-01-20T02:12:34Z',
      images: [
        { url: 'https://www.who.int/cover.jpg', description: 'cover' },
        { url: 'https://www.who.int/1.jpg' },
      ],
    });
  });

  it.each([
    ['a refusal', 403, { code: 403, msg: 'Insufficient balance in account', request_id: 'r' }],
    ['a failure with status 200', 200, { code: 500, msg: 'Internal error', request_id: 'r' }],
    ['another shape', 200, { results: [] }],
  ])('fails on %s', async (_, status, body) => {
    service.answer = (__, response) => sendJson(response, body, status);
    const failure = await search('Insufficient').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SearchFailure);
    // It may repeat what was searched for, and the reason is logged.
    expect((failure as Error).message).not.toContain('Insufficient');
  });

  it('fails on HTML, on a redirect, on an endless answer, on silence and on a closed port', async () => {
    service.answer = (_, response) => response.end('<html>');
    await expect(search('flu')).rejects.toThrow(SearchFailure);
    service.answer = (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    await expect(search('flu')).rejects.toThrow(SearchFailure);
    service.answer = (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    await expect(search('flu')).rejects.toThrow('too large');
    service.answer = () => undefined;
    await expect(search('flu', {}, 50)).rejects.toThrow(SearchFailure);
    const gone = new OctenClient({ url: 'http://127.0.0.1:1', timeoutMs: 1_000 });
    await expect(gone.search(planSearch('q', DEFAULT_SEARCH, NOW), never)).rejects.toThrow(SearchFailure);
  });

  it('stops at once when the caller has left', async () => {
    service.answer = () => undefined;
    const left = new AbortController();
    const running = client().search(planSearch('q', DEFAULT_SEARCH, NOW), left.signal);
    left.abort();
    await expect(running).rejects.toThrow(SearchFailure);
  });
});
