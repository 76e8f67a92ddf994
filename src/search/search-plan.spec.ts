import { filterResults } from './result-filter.js';
import { DEFAULT_SEARCH, type SearchOptions } from './search-options.js';
import { cut, planSearch } from './search-plan.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const options = (over: Partial<SearchOptions> = {}): SearchOptions => ({ ...DEFAULT_SEARCH, ...over });
const plan = (query: string, over: Partial<SearchOptions> = {}) => planSearch(query, options(over), NOW);

describe('a search as it is planned', () => {
  it('statement 59: site operators of the query add to the domain lists and leave the words', () => {
    const planned = plan('site:Example.com tea -site:ads.example.com  price', {
      includeDomains: ['tea.org'],
      excludeDomains: ['spam.com'],
    });
    expect(planned).toMatchObject({
      words: 'tea price',
      includeDomains: ['tea.org', 'example.com'],
      excludeDomains: ['spam.com', 'ads.example.com'],
    });
    expect(planned.asked).toBe('site:Example.com tea -site:ads.example.com  price');
  });

  it('leaves alone what only looks like an operator', () => {
    expect(plan('website:design site:http://x').words).toBe('website:design site:http://x');
  });

  it('statement 59: a start or an end takes the place of a time range', () => {
    const fixed = plan('q', { timeRange: 'day', startTime: '2020-01-01', endTime: '2020-02-01' });
    expect(fixed).toMatchObject({ fromMs: Date.parse('2020-01-01'), toMs: Date.parse('2020-02-01') });
    expect(fixed.timeRange).toBeUndefined();
    expect(plan('q', { timeRange: 'week' })).toMatchObject({
      timeRange: 'week',
      fromMs: NOW - 7 * 86_400_000,
    });
    expect(plan('q').fromMs).toBeUndefined();
  });

  it('cuts a query at 500 characters and no character in half', () => {
    expect(plan('x'.repeat(600)).asked).toHaveLength(500);
    expect(cut(`${'x'.repeat(499)}😀`, 500)).toBe('x'.repeat(499));
  });
});

describe('results held to their plan', () => {
  const page = (url: string, over = {}) => ({ title: 't', url, highlights: 'some text', ...over });
  const all = { texts: true, times: true };
  const kept = (query: string, over: Partial<SearchOptions>, pages: ReturnType<typeof page>[]) =>
    filterResults(pages, plan(query, over), all).map(({ url }) => url);

  it('statement 59: an excluded domain is out even where it is included', () => {
    const pages = [page('https://a.com/1'), page('https://sub.a.com/2'), page('https://b.com/3')];
    expect(kept('q', { includeDomains: ['a.com'] }, pages)).toEqual([
      'https://a.com/1',
      'https://sub.a.com/2',
    ]);
    expect(kept('q', { includeDomains: ['a.com'], excludeDomains: ['sub.a.com'] }, pages)).toEqual([
      'https://a.com/1',
    ]);
    expect(kept('q', { includeDomains: ['a.com'], excludeDomains: ['a.com'] }, pages)).toEqual([]);
    expect(kept('q', {}, [page('javascript:alert(1)'), page('https://nota.com')])).toEqual([
      'https://nota.com',
    ]);
  });

  it('drops what lacks the time that a filter looks at', () => {
    const pages = [
      page('https://a.com/old', {
        timePublished: '2020-01-01T00:00:00Z',
        timeLastCrawled: '2026-11-20T00:00:00Z',
      }),
      page('https://a.com/none'),
    ];
    expect(kept('q', { timeRange: 'year', timeBasis: 'published' }, pages)).toEqual([]);
    expect(kept('q', { timeRange: 'year', timeBasis: 'crawled' }, pages)).toEqual(['https://a.com/old']);
    expect(kept('q', { timeRange: 'year' }, pages)).toEqual([]);
    expect(kept('q', {}, pages)).toHaveLength(2);
  });

  it('cuts excerpts to their tokens and leaves out what was not asked for', () => {
    const long = page('https://a.com', { highlights: 'ä'.repeat(500), fullContent: 'y'.repeat(900) });
    const [short] = filterResults([long], plan('q', { highlight: { enable: true, maxTokens: 100 } }), all);
    expect(short?.highlights).toBe('ä'.repeat(200));
    expect(short?.fullContent).toBeUndefined();
    const [full] = filterResults(
      [long],
      plan('q', {
        highlight: { enable: false, maxTokens: 100 },
        fullContent: { enable: true, maxTokens: 100 },
      }),
      all,
    );
    expect(full).toEqual({ title: 't', url: 'https://a.com', fullContent: 'y'.repeat(400) });
  });

  it('gives no more than were asked for', () => {
    const pages = Array.from({ length: 9 }, (_, index) => page(`https://a.com/${index}`));
    expect(kept('q', { count: 3 }, pages)).toHaveLength(3);
  });
});
