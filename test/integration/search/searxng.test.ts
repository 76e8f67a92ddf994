import { SearchFailure } from '../../../src/search/search-backend.js';
import { DEFAULT_SEARCH, type SearchOptions } from '../../../src/search/search-options.js';
import { planSearch } from '../../../src/search/search-plan.js';
import { SearxngClient } from '../../../src/search/searxng/searxng.client.js';
import { sendJson, startSearchService, type SearchService } from '../../support/search-service.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const page = (number: number, over: object = {}) => ({
  title: `Page ${number}`,
  url: `https://site${number}.example/`,
  content: `snippet of page ${number}`,
  engine: 'duckduckgo',
  publishedDate: null,
  ...over,
});

let service: SearchService;
const pages = (...lists: object[][]): void => {
  service.answer = ({ url }, response) =>
    sendJson(response, { query: 'q', results: lists[Number(url.searchParams.get('pageno')) - 1] ?? [] });
};
beforeAll(async () => {
  service = await startSearchService((_, response) => sendJson(response, { results: [] }));
});
beforeEach(() => {
  service.requests.length = 0;
});
afterAll(() => service.close());

const client = () => new SearxngClient({ url: service.url, apiKey: 'proxy-token', timeoutMs: 5_000 });
const search = (query: string, over: Partial<SearchOptions> = {}) =>
  client().search(planSearch(query, { ...DEFAULT_SEARCH, ...over }, NOW), new AbortController().signal);

describe('a SearXNG instance', () => {
  it('is asked for JSON in the words of its API', async () => {
    pages([page(1)]);
    await search('tea -site:spam.example', {
      includeDomains: ['site1.example'],
      includeText: ['snippet'],
      excludeText: ['advert'],
      timeRange: 'week',
      language: ['de'],
      safesearch: 'off',
    });
    const { url, method, headers } = service.requests[0] as (typeof service.requests)[number];
    expect([method, url.pathname, headers['authorization']]).toEqual([
      'GET',
      '/search',
      'Bearer proxy-token',
    ]);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      q: 'tea site:site1.example -site:spam.example "snippet" -"advert"',
      format: 'json',
      pageno: '1',
      safesearch: '0',
      language: 'de',
      time_range: 'week',
    });
  });

  it('statement 59: is held to the domains, whatever its engines make of the operators', async () => {
    pages([page(1), page(2), page(3)]);
    const results = await search('tea', {
      includeDomains: ['site1.example', 'site2.example'],
      excludeDomains: ['site2.example'],
    });
    expect(results.map(({ url }) => url)).toEqual(['https://site1.example/']);
  });

  it('is read page by page until there are enough, each address once', async () => {
    pages([page(1), page(2)], [page(2), page(3)], [page(4)]);
    const results = await search('tea', { count: 3 });
    expect(results.map(({ title }) => title)).toEqual(['Page 1', 'Page 2', 'Page 3']);
    expect(service.requests).toHaveLength(2);
    service.requests.length = 0;
    await search('tea', { count: 100 });
    expect(service.requests).toHaveLength(3);
  });

  it('filters by fixed times itself and leaves time ranges to the engines', async () => {
    pages([page(1, { publishedDate: '2026-11-01T10:00:00' }), page(2)]);
    const fixed = await search('tea', { startTime: '2026-10-01' });
    expect(fixed).toMatchObject([{ title: 'Page 1', timePublished: '2026-11-01T10:00:00.000Z' }]);
    expect(await search('tea', { timeRange: 'day' })).toHaveLength(2);
    expect(await search('tea', { timeRange: 'day', timeBasis: 'published' })).toHaveLength(0);
  });

  it('says what it cannot do', () => {
    const said = (over: Partial<SearchOptions>) =>
      client()
        .shortcomings({ ...DEFAULT_SEARCH, ...over })
        .join();
    expect(said({})).toBe('');
    expect(said({ fullContent: { enable: true, maxTokens: 100 } })).toContain('full_content');
    expect(said({ timeBasis: 'crawled' })).toContain('time_basis');
    expect(said({ language: ['en', 'de'] })).toContain('language');
    expect(said({ includeText: ['x'] })).toContain('include_text');
    expect(said({ format: 'markdown' })).toContain('format');
  });

  it('fails when JSON is not among its formats, and keeps the first page when the second fails', async () => {
    service.answer = (_, response) => response.writeHead(403).end('forbidden');
    await expect(search('tea')).rejects.toThrow(SearchFailure);
    service.answer = ({ url }, response) =>
      url.searchParams.get('pageno') === '1'
        ? sendJson(response, { results: [page(1)] })
        : response.writeHead(500).end();
    expect(await search('tea')).toHaveLength(1);
  });

  it.each([
    ['a page', 200, '<title>HIV - SearXNG</title>'],
    ['a refusal', 429, 'HIV: too often'],
  ])('says in the log nothing of %s, which repeats what was searched for', async (_, status, body) => {
    service.answer = (__, response) => response.writeHead(status).end(body);
    const told = await search('HIV').catch((error: Error) => error.message);
    expect(told).toMatch(/^(?:status 429|an answer of \d+ characters that is not JSON)$/);
  });
});
