import fc from 'fast-check';
import { expectedMs, rankCandidates, scoreOf, type Standing } from './rank-candidates.js';

const standings = fc.array(
  fc.record({
    provider: fc.constantFrom('a', 'b', 'c'),
    priority: fc.integer({ min: -1, max: 2 }),
    weight: fc.integer({ min: 0, max: 3 }),
    price: fc.integer({ min: 0, max: 100 }),
    firstTokenMs: fc.option(fc.integer({ min: 1, max: 5_000 }), { nil: undefined }),
    tokensPerSecond: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
    errorRate: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { maxLength: 7 },
);
const wishes = fc.record({
  preference: fc.constantFrom(undefined, 'cost' as const, 'speed' as const, 'balanced' as const),
  order: fc.option(fc.subarray(['a', 'b', 'c'], { minLength: 1 }), { nil: undefined }),
  minThroughput: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined }),
  maxLatencyMs: fc.option(fc.integer({ min: 1, max: 3_000 }), { nil: undefined }),
});
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const rank = (given: Standing[], wish: Parameters<typeof rankCandidates>[2], at = 0): Standing[] =>
  rankCandidates(given, (one) => one, wish, at);

describe('a ranking', () => {
  it('is what its definition says, and holds everyone once', () => {
    fc.assert(
      fc.property(standings, wishes, draw, (given, wish, at) => {
        const ranked = rank(given, wish, at);
        expect(new Set(ranked)).toEqual(new Set(given));
        expect(ranked).toHaveLength(given.length);
        const best = {
          price: Math.min(...given.map(({ price }) => price)),
          ms: Math.min(...given.map(expectedMs)),
        };
        const place = (one: Standing): number => {
          const found = wish.order?.indexOf(one.provider) ?? -1;
          return found === -1 ? Infinity : found;
        };
        const misses = (one: Standing): number =>
          Number((one.tokensPerSecond ?? Infinity) < (wish.minThroughput ?? 0)) +
          Number((one.firstTokenMs ?? 0) > (wish.maxLatencyMs ?? Infinity));
        for (const [index, later] of ranked.slice(1).entries()) {
          const earlier = ranked[index] as Standing;
          if (place(earlier) !== place(later)) expect(place(earlier)).toBeLessThan(place(later));
          else if (earlier.priority !== later.priority)
            expect(earlier.priority).toBeGreaterThan(later.priority);
          else if (misses(earlier) !== misses(later)) expect(misses(earlier)).toBeLessThan(misses(later));
          else if (wish.preference)
            expect(scoreOf(earlier, wish.preference, best)).toBeLessThanOrEqual(
              scoreOf(later, wish.preference, best),
            );
        }
      }),
      { numRuns: 10_000 },
    );
  });

  const standing = (over: Partial<Standing>): Standing => ({
    provider: 'a',
    priority: 0,
    weight: 1,
    price: 1,
    errorRate: 0,
    ...over,
  });
  const fast = standing({ provider: 'fast', price: 10, firstTokenMs: 100, tokensPerSecond: 300 });
  const cheap = standing({ provider: 'cheap', price: 1, firstTokenMs: 3_000, tokensPerSecond: 20 });
  const even = standing({ provider: 'even', price: 2, firstTokenMs: 200, tokensPerSecond: 200 });

  it('statement 81: speed, cost and balanced each put another one first', () => {
    const first = (preference: 'speed' | 'cost' | 'balanced') =>
      rank([fast, cheap, even], { preference })[0]?.provider;
    expect([first('speed'), first('cost'), first('balanced')]).toEqual(['fast', 'cheap', 'even']);
  });

  it('statement 68: the highest priority comes first, equal ones share by their weights', () => {
    const given = [
      standing({ provider: 'one' }),
      standing({ provider: 'three', weight: 3 }),
      standing({ provider: 'none', weight: 0 }),
      standing({ provider: 'low', priority: -1, weight: 100 }),
    ];
    const first = Array.from({ length: 400 }, (_, index) => rank(given, {}, index / 400)[0]?.provider);
    const share = (slug: string): number => first.filter((each) => each === slug).length;
    expect(['one', 'three', 'none', 'low'].map(share)).toEqual([100, 300, 0, 0]);
  });
});
