import fc from 'fast-check';
import { PriceSheet, type PriceVersion } from '../catalog/price.js';
import { billableQuantities, type TokenClass, type TokenUsage } from '../core/token-usage.js';
import { rateCost, rateParts } from './rate-parts.js';

const MEDIA = ['audio_input', 'image_input', 'audio_output'] as const;
const PLAIN = ['input', 'cache_read', 'output', 'search'] as const;

const sheetOf = (kind: string, prices: Partial<Record<TokenClass, bigint>>): PriceSheet =>
  new PriceSheet(
    Object.entries(prices).map(([name, unitPricePico]): PriceVersion => ({
      id: `${kind}-${name}`,
      tokenClass: name as TokenClass,
      tierFrom: 0,
      unitPricePico,
      currency: 'USD',
      validFromMs: 0,
    })),
  );
const usage: TokenUsage = {
  input: { noCache: 100, audio: 40, image: 25 },
  output: { total: 60, audio: 50 },
};
const PLAIN_PRICES = { input: 3_000n, output: 15_000n };
const rated = (list: Partial<Record<TokenClass, bigint>>, cost: Partial<Record<TokenClass, bigint>>) => {
  const { lines, ...sums } = rateParts([
    { usage, listPrices: sheetOf('list', list), costPrices: sheetOf('cost', cost) },
  ]);
  const shown = lines.map((line) => [
    line.tokenClass,
    line.quantity,
    line.amountNano,
    line.costNano,
    line.costPriceVersionId,
  ]);
  return { lines: shown, ...sums };
};

describe('sound and images', () => {
  it('are billed as input and output, in one line each, where they have no price of their own', () => {
    expect(rated(PLAIN_PRICES, PLAIN_PRICES).lines).toEqual([
      ['input', 100, 300n, 300n, 'cost-input'],
      ['output', 60, 900n, 900n, 'cost-output'],
    ]);
  });

  it('are lines of their own where they have one, and cost what the provider takes for input where it has none', () => {
    const list = { ...PLAIN_PRICES, audio_input: 32_000n, audio_output: 64_000n };
    const call = rated(list, { input: 2_000n, output: 10_000n });
    expect(call.lines).toEqual([
      ['input', 60, 180n, 120n, 'cost-input'],
      ['audio_input', 40, 1_280n, 80n, 'cost-input'],
      ['output', 10, 150n, 100n, 'cost-output'],
      ['audio_output', 50, 3_200n, 500n, 'cost-output'],
    ]);
    expect(call).toMatchObject({ amountNano: 4_810n, costNano: 800n });
  });

  it('cost the provider’s own price on the line they are billed in where only the provider has one', () => {
    const call = rated(PLAIN_PRICES, { ...PLAIN_PRICES, image_input: 7_000n, audio_output: 60_000n });
    expect(call.lines).toEqual([
      // 75 × 3 and 25 × 7; 10 × 15 and 50 × 60.
      ['input', 100, 300n, 400n, undefined],
      ['output', 60, 900n, 3_150n, undefined],
    ]);
  });

  it('add up exactly, charge and cost, whatever either sheet prices', () => {
    const count = fc.option(fc.nat(1_000_000), { nil: undefined });
    const usages: fc.Arbitrary<TokenUsage> = fc.record({
      input: fc.record({ noCache: count, cacheRead: count, audio: count, image: count }),
      output: fc.record({ total: count, audio: count }),
      searches: count,
    });
    const pico = fc.bigInt(0n, 10n ** 8n);
    const prices = fc
      .tuple(fc.array(pico, { minLength: 7, maxLength: 7 }), fc.subarray([...MEDIA]))
      .map(([amounts, media]) =>
        Object.fromEntries([...PLAIN, ...media].map((name, index) => [name, amounts[index] ?? 0n])),
      );
    fc.assert(
      fc.property(usages, prices, prices, (one, list, cost) => {
        const part = { usage: one, listPrices: sheetOf('list', list), costPrices: sheetOf('cost', cost) };
        const call = rateParts([part]);
        const quantity = call.lines.reduce((sum, line) => sum + line.quantity, 0);
        expect(quantity).toBe(billableQuantities(one).reduce((sum, [, each]) => sum + each, 0));
        expect(call.costNano).toBe(rateCost(part).amountNano);
        // What the customer pays does not depend on what the provider takes.
        expect(call.amountNano).toBe(rateParts([{ ...part, costPrices: part.listPrices }]).costNano);
        // Each token costs the price of its class, else of the class it is a part of; each line is rounded by half a nano.
        const exact = billableQuantities(one, (name) => name in cost).reduce(
          (sum, [name, each]) => sum + BigInt(each) * (cost[name] ?? 0n),
          0n,
        );
        const off = call.costNano * 1_000n - exact;
        expect(off <= 3_500n && off >= -3_500n).toBe(true);
      }),
    );
  });
});
