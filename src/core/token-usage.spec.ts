import fc from 'fast-check';
import { addUsage, billableQuantities, mergeUsage, type TokenClass, type TokenUsage } from './token-usage.js';

const ofAll = (): boolean => true;
const MEDIA: readonly TokenClass[] = ['audio_input', 'image_input', 'audio_output'];

describe('billable quantities', () => {
  const usage: TokenUsage = {
    input: { noCache: 100, cacheRead: 7, audio: 40, image: 25 },
    output: { total: 60, reasoning: 10, audio: 50 },
  };

  it('are whole where sound and images are billed with the rest, and apart where they are not', () => {
    expect(billableQuantities(usage)).toEqual([
      ['input', 100],
      ['cache_read', 7],
      ['output', 60],
    ]);
    expect(billableQuantities(usage, ofAll)).toEqual([
      ['input', 35],
      ['audio_input', 40],
      ['image_input', 25],
      ['cache_read', 7],
      ['output', 10],
      ['audio_output', 50],
    ]);
    expect(billableQuantities(usage, (name) => name === 'image_input')).toEqual([
      ['input', 75],
      ['image_input', 25],
      ['cache_read', 7],
      ['output', 60],
    ]);
  });

  it('never hold more or less than the wholes, whatever is said of their parts', () => {
    const count = fc.option(fc.nat(1_000), { nil: undefined });
    const usages: fc.Arbitrary<TokenUsage> = fc.record({
      input: fc.record({ noCache: count, cacheRead: count, audio: count, image: count }),
      output: fc.record({ total: count, audio: count }),
    });
    const sum = (quantities: [TokenClass, number][]): number =>
      quantities.reduce((total, [, quantity]) => total + quantity, 0);
    fc.assert(
      fc.property(usages, fc.subarray([...MEDIA]), (one, priced) => {
        const apart = billableQuantities(one, (name) => priced.includes(name));
        expect(sum(apart)).toBe(sum(billableQuantities(one)));
        expect(apart.every(([, quantity]) => quantity > 0)).toBe(true);
        // A part is as large whatever else is billed apart.
        for (const [name, quantity] of apart.filter(([each]) => priced.includes(each)))
          expect(billableQuantities(one, ofAll)).toContainEqual([name, quantity]);
      }),
    );
  });

  it('of two reports and of two calls have the sound and the images of both', () => {
    const later = { input: { audio: 41 }, output: { total: 61 } };
    expect(mergeUsage(usage, later)).toMatchObject({
      input: { noCache: 100, audio: 41, image: 25 },
      output: { total: 61, audio: 50 },
    });
    expect(addUsage(usage, { input: { noCache: 1, image: 1 }, output: { audio: 1 } })).toMatchObject({
      input: { noCache: 101, audio: 40, image: 26 },
      output: { total: 60, audio: 51 },
    });
  });

  it('of two calls have the vendor’s price of both, or none where only one of them told it', () => {
    const priced = { ...usage, vendorCostNano: '7' };
    expect(addUsage(priced, { ...priced, vendorCostNano: '5' }).vendorCostNano).toBe('12');
    expect(addUsage(priced, usage).vendorCostNano).toBeUndefined();
    expect(addUsage(usage, priced).vendorCostNano).toBeUndefined();
  });
});
