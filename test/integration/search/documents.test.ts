import { SearchModule } from '../../../src/search/search.module.js';
import { SAMPLE_DOCUMENTS } from '../../../src/search/documents/sample-documents.js';
import { SearchBackend, type SearchResult } from '../../../src/search/search-backend.js';
import { DEFAULT_SEARCH, type SearchOptions } from '../../../src/search/search-options.js';
import { planSearch } from '../../../src/search/search-plan.js';
import { startAdminApi, type AdminApi } from '../../support/admin-api.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const DOCUMENTS = [
  {
    url: 'https://www.tea.example/green',
    title: 'Green tea',
    content: 'Green tea is brewed at seventy degrees. Brewing it hotter makes the tea bitter.',
    language: 'en',
    authors: 'Tea Society',
    published_at: '2026-11-20T00:00:00Z',
    crawled_at: '2026-11-20T12:00:00Z',
  },
  {
    url: 'https://blog.tea.example/black',
    title: 'Black tea',
    content: 'Black tea takes boiling water. Nobody calls it bitter.',
    language: 'en',
    published_at: '2025-01-01T00:00:00Z',
    crawled_at: '2026-11-19T00:00:00Z',
  },
  {
    url: 'https://kaffee.example/',
    title: 'Kaffee',
    content: 'Die Häuser rösten den Kaffee selbst.',
    language: 'de',
  },
  { url: 'https://adult.example/', title: 'Tea for adults', content: 'Not for everyone.', adult: true },
];

let api: AdminApi;
let backend: SearchBackend;
beforeAll(async () => {
  api = await startAdminApi([SearchModule]);
  backend = api.app.get(SearchBackend);
  for (const document of DOCUMENTS) expect((await api.post('/search-documents', document)).status).toBe(201);
});
afterAll(() => api.close());

const search = (query: string, over: Partial<SearchOptions> = {}): Promise<SearchResult[]> =>
  backend.search(planSearch(query, { ...DEFAULT_SEARCH, ...over }, NOW), new AbortController().signal);
const titles = async (query: string, over: Partial<SearchOptions> = {}): Promise<string[]> =>
  (await search(query, over)).map(({ title }) => title);

describe('the embedded search backend', () => {
  it('finds documents by the stems of their words, all words before some, each in its own language', async () => {
    expect(await titles('brew bitter')).toEqual(['Green tea', 'Black tea']);
    expect(await titles('Haus')).toEqual(['Kaffee']);
    expect(await titles('nothing like this')).toEqual([]);
    expect(await titles("' | & ! () :* \\ tea", { count: 1 })).toHaveLength(1);
  });

  it('statement 59: filters by domains of parameters and query, and leaves out what is excluded', async () => {
    expect(await titles('tea', { includeDomains: ['tea.example'] })).toEqual(['Green tea', 'Black tea']);
    expect(await titles('tea site:blog.tea.example')).toEqual(['Black tea']);
    expect(
      await titles('tea', { includeDomains: ['tea.example'], excludeDomains: ['blog.tea.example'] }),
    ).toEqual(['Green tea']);
    expect(await titles('tea -site:tea.example')).toEqual([]);
    expect(await titles('site:kaffee.example')).toEqual(['Kaffee']);
    expect(await titles('tea', { includeDomains: ['ea.example'] })).toEqual([]);
  });

  it('filters by texts, languages and adult content, and counts', async () => {
    expect(await titles('tea', { includeText: ['SEVENTY degrees'] })).toEqual(['Green tea']);
    expect(await titles('tea', { excludeText: ['boiling'] })).toEqual(['Green tea']);
    expect(await titles('tea kaffee', { language: ['de'] })).toEqual(['Kaffee']);
    expect(await titles('tea', { safesearch: 'off' })).toContain('Tea for adults');
    expect(await titles('tea', { count: 1 })).toHaveLength(1);
  });

  it('statement 59: filters by the time it is told to look at, a start before a range', async () => {
    expect(await titles('tea', { timeRange: 'week', timeBasis: 'published' })).toEqual(['Green tea']);
    expect(await titles('tea', { timeRange: 'week', timeBasis: 'crawled' })).toEqual([
      'Green tea',
      'Black tea',
    ]);
    expect(await titles('tea', { timeRange: 'day', startTime: '2024-01-01', endTime: '2025-12-31' })).toEqual(
      ['Black tea'],
    );
    expect(await titles('kaffee', { timeRange: 'year', timeBasis: 'published' })).toEqual([]);
  });

  it('gives highlights, marked in Markdown, and full content where they are asked for', async () => {
    const [plain] = await search('bitter brew', { count: 1, includeDomains: ['tea.example'] });
    expect(plain).toEqual({
      title: 'Green tea',
      url: 'https://www.tea.example/green',
      highlights: expect.stringContaining('the tea bitter') as string,
      authors: 'Tea Society',
      timePublished: '2026-11-20T00:00:00.000Z',
      timeLastCrawled: '2026-11-20T12:00:00.000Z',
    });
    const [marked] = await search('bitter green', { format: 'markdown' });
    expect(marked?.highlights).toContain('**bitter**');
    const [full] = await search('green', {
      highlight: { enable: false, maxTokens: 512 },
      fullContent: { enable: true, maxTokens: 100 },
    });
    expect(full?.highlights).toBeUndefined();
    expect(full?.fullContent).toBe(DOCUMENTS[0]?.content);
  });

  it('has what a first start loads', async () => {
    for (const document of SAMPLE_DOCUMENTS)
      expect((await api.post('/search-documents', document)).status).toBe(201);
    expect((await titles('how does faregate hold money'))[0]).toBe('How Faregate holds and settles money');
  });
});

describe('/admin/v1/search-documents', () => {
  const body = (over: object = {}) => ({
    url: 'https://new.example/x?b=1',
    title: 'New',
    content: 'Fresh words.',
    ...over,
  });

  it('loads, shows, lists and removes a document, and says so in the audit log', async () => {
    const created = await api.post('/search-documents', body());
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      object: 'search_document',
      url: 'https://new.example/x?b=1',
      domain: 'new.example',
      language: null,
      authors: null,
      published_at: null,
      adult: false,
      content: 'Fresh words.',
      content_bytes: 12,
    });
    const id = String(created.body.id);
    expect(id).toMatch(/^sdoc_[0-9a-f]{32}$/);
    expect((await api.get(`/search-documents/${id}`)).body).toEqual(created.body);
    const { content: _, ...listed } = created.body;
    const page = await api.get('/search-documents?limit=1');
    expect(page.body).toMatchObject({ object: 'list', data: [listed], has_more: true });
    expect(
      (await api.get(`/search-documents?limit=100&cursor=${page.body.next_cursor}`)).body.data,
    ).not.toContainEqual(listed);
    expect(await titles('fresh')).toEqual(['New']);
    const removed = await api.call({ method: 'delete', path: `/search-documents/${id}` });
    expect([removed.status, removed.body]).toEqual([200, { object: 'search_document', id, deleted: true }]);
    expect(await titles('fresh')).toEqual([]);
    expect((await api.get(`/search-documents/${id}`)).status).toBe(404);
    expect((await api.call({ method: 'delete', path: `/search-documents/${id}` })).status).toBe(404);
    const { data } = (await api.get('/audit-log?limit=2')).body;
    expect(
      data.map(({ action, target }: { action: string; target: { id: string } }) => [action, target.id]),
    ).toEqual([
      ['search_document.delete', id],
      ['search_document.create', id],
    ]);
  });

  it.each([
    ['url', { url: 'ftp://a.example' }],
    ['url', { url: 'https://user:pw@a.example' }],
    ['url', { url: 'not a url' }],
    ['title', { title: '' }],
    ['content', { content: undefined }],
    ['content', { content: 'x'.repeat(200_001) }],
    ['language', { language: 'xx' }],
    ['published_at', { published_at: 'yesterday' }],
    ['adult', { adult: 'no' }],
    ['fetch', { fetch: true }],
  ])('refuses a wrong %s', async (field, over) => {
    const refused = await api.post('/search-documents', body(over));
    expect([refused.status, refused.body.error.param]).toEqual([400, field]);
  });

  it('refuses a URL twice, and repeats the answer to a repeated key', async () => {
    const again = await api.post('/search-documents', DOCUMENTS[0]);
    expect([again.status, again.body.error.param]).toEqual([409, 'url']);
    const headers = { 'idempotency-key': 'doc-1' };
    const call = { method: 'post' as const, path: '/search-documents', body: body(), headers };
    const first = await api.call(call);
    const second = await api.call(call);
    expect([first.status, second.body.id]).toEqual([201, first.body.id]);
  });

  it('lets every role read and owners and admins change', async () => {
    for (const role of ['finance', 'support', 'auditor'] as const) {
      expect((await api.get('/search-documents', role)).status).toBe(200);
      expect(
        (await api.post('/search-documents', body({ url: `https://${role}.example` }), role)).status,
      ).toBe(403);
    }
    expect(
      (await api.post('/search-documents', body({ url: 'https://admin.example' }), 'admin')).status,
    ).toBe(201);
  });
});
