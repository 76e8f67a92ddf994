import fc from 'fast-check';
import { maxResultBytes, paidFullContent, renderResults } from './render-results.js';
import { filterResults } from './result-filter.js';
import { DEFAULT_SEARCH } from './search-options.js';
import { planSearch } from './search-plan.js';

const text = fc.string({ unit: 'grapheme', maxLength: 4_000 });
const page = fc.record({
  title: text,
  url: fc.webUrl({ withQueryParameters: true }),
  highlights: fc.option(text, { nil: undefined }),
  fullContent: fc.option(text, { nil: undefined }),
  authors: fc.option(text, { nil: undefined }),
  timePublished: fc.option(text, { nil: undefined }),
});

describe('results as the model reads them', () => {
  it('are never larger than the hold has paid for, whatever the pages say', () => {
    const excerpt = fc.record({ enable: fc.boolean(), maxTokens: fc.integer({ min: 100, max: 400 }) });
    fc.assert(
      fc.property(
        fc.array(page, { maxLength: 8 }),
        excerpt,
        excerpt,
        fc.integer({ min: 1, max: 8 }),
        (found, highlight, fullContent, count) => {
          const options = { ...DEFAULT_SEARCH, count, highlight, fullContent };
          const kept = filterResults(found, planSearch('q', options, 0), { texts: false, times: false });
          expect(Buffer.byteLength(renderResults(kept, 96))).toBeLessThanOrEqual(maxResultBytes(options));
        },
      ),
    );
  });

  it('are numbered on from earlier ones, and say when there are none', () => {
    const [first] = [{ title: 'Tea', url: 'https://tea.example/', highlights: 'hot' }];
    expect(renderResults([first], 3)).toContain('[3] Tea\nURL: https://tea.example/\nhot');
    expect(renderResults([], 1)).toBe('The search found nothing.');
  });

  it('statement 57: the first ten full-content results of a search are free', () => {
    const full = (count: number) =>
      Array.from({ length: count }, () => ({ title: '', url: '', fullContent: 'x' }));
    expect([0, 10, 11, 100].map((count) => paidFullContent(full(count)))).toEqual([0, 0, 1, 90]);
    expect(paidFullContent([{ title: '', url: '' }])).toBe(0);
  });
});
