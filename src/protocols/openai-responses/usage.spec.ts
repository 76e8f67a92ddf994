import { testIdentity } from '../../../test/support/protocol-laws.js';
import { decodeUsage, encodeUsage } from './usage.js';

describe('usage', () => {
  it('rows 62 to 64: input includes what was cached, output includes reasoning', () => {
    expect(
      decodeUsage({
        input_tokens: 100,
        input_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
        output_tokens: 30,
        output_tokens_details: { reasoning_tokens: 20 },
      }),
    ).toEqual({
      input: { noCache: 30, cacheRead: 60, cacheWrite5m: 10, cacheWrite1h: undefined },
      output: { total: 30, reasoning: 20 },
      searches: undefined,
    });
  });

  it('row 64: a vendor that leaves reasoning out of the output is billed for both', () => {
    const usage = { input_tokens: 1, output_tokens: 5, output_tokens_details: { reasoning_tokens: 7 } };
    expect(decodeUsage(usage).output.total).toBe(12);
  });

  it('says 0 where SDKs need a number, and null where nothing was reported', () => {
    expect(encodeUsage({ input: { noCache: 3 }, output: { total: 4 } }, testIdentity())).toEqual({
      input_tokens: 3,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 4,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 7,
    });
    expect(encodeUsage({ input: {}, output: {} }, testIdentity())).toBeNull();
  });

  it('shows the price as the caller’s profile does', () => {
    const usage = { input: { noCache: 3 }, output: { total: 4 } };
    const identity = testIdentity({ profile: 'standard', costOf: () => '0.25' });
    expect(encodeUsage(usage, identity)).toMatchObject({ cost: 0.25 });
  });
});
