import fc from 'fast-check';
import { PriceSheet, type PriceVersion } from '../catalog/price.js';
import type { TokenClass, TokenUsage } from '../core/token-usage.js';
import { priceFor, rateUsage } from './rate-usage.js';

const price = (tokenClass: TokenClass, unitPricePico: bigint, tierFrom = 0): PriceVersion => ({
  id: `${tokenClass}-${tierFrom}`,
  tokenClass,
  tierFrom,
  unitPricePico,
  currency: 'USD',
  validFromMs: 0,
});

const counts = fc.option(fc.integer({ min: 0, max: 1_000_000_000 }), { nil: undefined });
const usages: fc.Arbitrary<TokenUsage> = fc.record({
  input: fc.record({
    noCache: counts,
    cacheRead: counts,
    cacheWrite5m: counts,
    cacheWrite1h: counts,
    audio: counts,
    image: counts,
  }),
  output: fc.record({ total: counts, reasoning: counts, audio: counts }),
  searches: counts,
});
const classes = ['input', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'output', 'search'] as const;
const media = ['audio_input', 'image_input', 'audio_output'] as const;
/** Prices of all these classes, and of some media beside them. */
const fullSheets = fc
  .tuple(fc.array(fc.bigInt(0n, 10n ** 12n), { minLength: 9, maxLength: 9 }), fc.subarray([...media]))
  .map(
    ([prices, some]) =>
      new PriceSheet([...classes, ...some].map((name, index) => price(name, prices[index] ?? 0n))),
  );

describe('rating', () => {
  it('is the exact sum of quantity times price, rounded once a class, half up', () => {
    fc.assert(
      fc.property(usages, fullSheets, (usage, sheet) => {
        const rated = rateUsage(usage, sheet);
        let pico = 0n;
        let nano = 0n;
        for (const line of rated.lines) {
          expect(line.ratedPico).toBe(BigInt(line.quantity) * line.unitPricePico);
          const rest = line.ratedPico % 1_000n;
          expect(line.amountNano).toBe(line.ratedPico / 1_000n + (rest >= 500n ? 1n : 0n));
          pico += line.ratedPico;
          nano += line.amountNano;
        }
        expect(rated).toMatchObject({ ratedPico: pico, amountNano: nano });
      }),
    );
  });

  it('bills every token class that was used once, and reasoning as part of the output alone', () => {
    const sheet = new PriceSheet(classes.map((name) => price(name, 1_000n)));
    const usage = {
      input: { noCache: 1, cacheRead: 2, cacheWrite5m: 3, cacheWrite1h: 4 },
      output: { total: 5, reasoning: 4 },
      searches: 6,
    };
    expect(rateUsage(usage, sheet).lines.map(({ tokenClass, quantity }) => [tokenClass, quantity])).toEqual([
      ['input', 1],
      ['cache_read', 2],
      ['cache_write_5m', 3],
      ['cache_write_1h', 4],
      ['output', 5],
      ['search', 6],
    ]);
    expect(rateUsage(usage, sheet).amountNano).toBe(21n);
  });

  it('never costs less for more of anything, within one tier', () => {
    fc.assert(
      fc.property(usages, fullSheets, fc.constantFrom(...classes), (usage, sheet, tokenClass) => {
        const more: TokenUsage = structuredClone(usage);
        if (tokenClass === 'output') more.output.total = (more.output.total ?? 0) + 1;
        else if (tokenClass === 'search') more.searches = (more.searches ?? 0) + 1;
        else {
          const field = (
            {
              input: 'noCache',
              cache_read: 'cacheRead',
              cache_write_5m: 'cacheWrite5m',
              cache_write_1h: 'cacheWrite1h',
            } as const
          )[tokenClass];
          more.input[field] = (more.input[field] ?? 0) + 1;
        }
        expect(rateUsage(more, sheet).amountNano).toBeGreaterThanOrEqual(rateUsage(usage, sheet).amountNano);
      }),
    );
  });

  it('chooses the tier of every class by all input tokens of the call together', () => {
    const sheet = new PriceSheet([
      price('input', 1_000n),
      price('input', 2_000n, 200_001),
      price('cache_read', 100n),
      price('output', 5_000n),
      price('output', 7_000n, 200_001),
    ]);
    const rate = (noCache: number, cacheRead: number): (string | number)[] =>
      rateUsage({ input: { noCache, cacheRead }, output: { total: 1 } }, sheet).lines.map(
        ({ priceVersionId }) => priceVersionId,
      );
    expect(rate(150_000, 50_000)).toEqual(['input-0', 'cache_read-0', 'output-0']);
    expect(rate(150_000, 50_001)).toEqual(['input-200001', 'cache_read-0', 'output-200001']);
    const part = rateUsage({ input: {}, output: { total: 1 } }, sheet, { inputTokens: 200_001 });
    expect(part.lines.map(({ priceVersionId }) => priceVersionId)).toEqual(['output-200001']);
  });

  it('prices a cache class that has no price of its own as the class it comes from', () => {
    const plain = new PriceSheet([price('input', 3n), price('output', 9n)]);
    for (const name of ['cache_read', 'cache_write_5m', 'cache_write_1h'] as const)
      expect(priceFor(plain, name, { inputTokens: 0 })?.id).toBe('input-0');
    const writing = new PriceSheet([price('input', 3n), price('cache_write_5m', 4n)]);
    expect(priceFor(writing, 'cache_write_1h', { inputTokens: 0 })?.id).toBe('cache_write_5m-0');
    expect(priceFor(plain, 'search', { inputTokens: 0 })).toBeUndefined();
    expect(priceFor(new PriceSheet([price('input', 3n)]), 'output', { inputTokens: 0 })).toBeUndefined();
  });

  it('costs nothing where nothing was used', () => {
    const sheet = new PriceSheet([price('input', 3n), price('output', 9n)]);
    const nothing = { lines: [], ratedPico: 0n, amountNano: 0n };
    expect(rateUsage({ input: {}, output: {} }, sheet)).toEqual(nothing);
    expect(rateUsage({ input: { noCache: 0 }, output: { total: 0 } }, sheet)).toEqual(nothing);
  });
});
