import { testIdentity } from '../../../test/support/protocol-laws.js';
import { decodeUsage, encodeUsage, usageOf } from './usage.js';

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

  it('never bills less than was reported when a vendor counts the cache beside input_tokens', () => {
    const usage = { input_tokens: 5, input_tokens_details: { cached_tokens: 90 }, output_tokens: 1 };
    expect(decodeUsage(usage).input).toMatchObject({ noCache: 5, cacheRead: 90 });
  });

  it('row 64: a vendor that leaves reasoning out of the output is billed for both', () => {
    const usage = { input_tokens: 1, output_tokens: 5, output_tokens_details: { reasoning_tokens: 7 } };
    expect(decodeUsage(usage).output.total).toBe(12);
  });

  it('tells sound and images, as parts of what no cache had and of the output, never more than these', () => {
    const usage = {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 30, audio_tokens: 50, image_tokens: 40 },
      output_tokens: 20,
      output_tokens_details: { audio_tokens: 25 },
    };
    expect(decodeUsage(usage)).toMatchObject({
      input: { noCache: 70, audio: 50, image: 20 },
      output: { total: 20, audio: 20 },
    });
  });

  it('counts the searches of its items, and no pages that were opened or looked into', () => {
    const call = (action?: object) => ({
      type: 'web_search_call',
      ...(action ? { action: { ...action } } : {}),
    });
    const output = [
      call({ type: 'search', query: 'tea' }),
      call({ type: 'open_page', url: 'https://tea.example' }),
      call({ type: 'find_in_page', pattern: 'green' }),
      call(),
      { type: 'message', content: [] },
    ];
    expect(usageOf({ output }).searches).toBe(2);
    expect(usageOf({ output: [] }, 3).searches).toBe(3);
    expect(usageOf({ output: [{ type: 'message' }] }).searches).toBeUndefined();
  });

  it('takes the searches that the upstream counts itself for all there are', () => {
    const output = [{ type: 'web_search_call' }, { type: 'web_search_call' }];
    expect(usageOf({ output, usage: { num_search_queries: 5 } }).searches).toBe(5);
    const xai = { server_side_tool_usage_details: { web_search_calls: 0, x_search_calls: 2 } };
    expect(usageOf({ output, usage: xai }).searches).toBe(0);
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
