import { testIdentity } from '../../../test/support/protocol-laws.js';
import { billableQuantities } from '../../core/token-usage.js';
import { decodeUsage, encodeUsage } from './usage.js';

const billed = (usage: Parameters<typeof decodeUsage>[0]) =>
  Object.fromEntries(billableQuantities(decodeUsage(usage)));

describe('decodeUsage', () => {
  it('row 62: takes cached tokens out of prompt_tokens, wherever a vendor writes them', () => {
    const base = { prompt_tokens: 100, completion_tokens: 5 };
    const expected = { input: 60, cache_read: 40, output: 5 };
    expect(billed({ ...base, prompt_tokens_details: { cached_tokens: 40 } })).toEqual(expected);
    expect(billed({ ...base, cached_tokens: 40 })).toEqual(expected);
    expect(billed({ ...base, prompt_cache_hit_tokens: 40, prompt_cache_miss_tokens: 60 })).toEqual(expected);
  });

  it('row 63: tells cache writes by lifetime and counts an unknown one as five minutes', () => {
    const base = { prompt_tokens: 100, completion_tokens: 5 };
    expect(
      billed({
        ...base,
        prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 50, cache_write_1h_tokens: 20 },
      }),
    ).toEqual({ input: 40, cache_read: 10, cache_write_5m: 30, cache_write_1h: 20, output: 5 });
    expect(billed({ ...base, prompt_tokens_details: { cache_creation_input_tokens: 30 } })).toEqual({
      input: 70,
      cache_write_5m: 30,
      output: 5,
    });
  });

  it('never bills less than was reported when a vendor counts the cache beside prompt_tokens', () => {
    expect(billed({ prompt_tokens: 5, completion_tokens: 1, cached_tokens: 90 })).toEqual({
      input: 5,
      cache_read: 90,
      output: 1,
    });
  });

  it('row 64: adds the reasoning that xAI leaves out of completion_tokens, and only that', () => {
    const details = { completion_tokens_details: { reasoning_tokens: 290 } };
    const xai = decodeUsage({ prompt_tokens: 12, completion_tokens: 1, total_tokens: 303, ...details });
    expect(xai.output).toEqual({ total: 291, reasoning: 290 });
    const withoutTotal = decodeUsage({ prompt_tokens: 12, completion_tokens: 1, ...details });
    expect(withoutTotal.output.total).toBe(291);
    const long = decodeUsage({ prompt_tokens: 12, completion_tokens: 400, total_tokens: 702, ...details });
    expect(long.output.total).toBe(690);
    const openai = decodeUsage({ prompt_tokens: 12, completion_tokens: 300, total_tokens: 312, ...details });
    expect(openai.output).toEqual({ total: 300, reasoning: 290 });
  });

  it('tells sound and images, as parts of what no cache had and of the output, never more than these', () => {
    const usage = {
      prompt_tokens: 100,
      prompt_tokens_details: { cached_tokens: 30, audio_tokens: 50, image_tokens: 40 },
      completion_tokens: 20,
      completion_tokens_details: { audio_tokens: 25 },
    };
    expect(decodeUsage(usage)).toMatchObject({
      input: { noCache: 70, audio: 50, image: 20 },
      output: { total: 20, audio: 20 },
    });
    expect(decodeUsage({ prompt_tokens: 1, completion_tokens: 1 }).input.audio).toBeUndefined();
  });

  it('keeps what was not reported apart from none', () => {
    expect(decodeUsage({}).output.total).toBeUndefined();
    expect(decodeUsage({ prompt_tokens: 1.5, completion_tokens: -1 })).toEqual(decodeUsage({}));
    expect(decodeUsage({ prompt_tokens: 0, completion_tokens: 0 })).toMatchObject({
      input: { noCache: 0 },
      output: { total: 0 },
    });
  });
});

describe('encodeUsage', () => {
  const usage = { input: { noCache: 18 }, output: { total: 32 } };

  it('rows 62 and 63: shows cache details only on cache activity, and searches only when one ran', () => {
    expect(encodeUsage(usage, testIdentity())).toEqual({
      prompt_tokens: 18,
      completion_tokens: 32,
      total_tokens: 50,
    });
    const cached = {
      input: { noCache: 1, cacheRead: 2, cacheWrite1h: 3 },
      output: { total: 4, reasoning: 1 },
      searches: 2,
    };
    expect(encodeUsage(cached, testIdentity())).toEqual({
      prompt_tokens: 6,
      completion_tokens: 4,
      total_tokens: 10,
      num_search_queries: 2,
      prompt_tokens_details: {
        cached_tokens: 2,
        cache_write_tokens: 3,
        cache_write_5m_tokens: 0,
        cache_write_1h_tokens: 3,
      },
      completion_tokens_details: { reasoning_tokens: 1 },
    });
  });

  it('says null when nothing was reported, never zero', () => {
    expect(encodeUsage({ input: {}, output: {} }, testIdentity())).toBeNull();
  });

  it('prices by profile: a USD number, whole micro-units with their parts, or nothing', () => {
    const cost = (profile: 'standard' | 'cortecs' | 'octen' | 'octopusx', amount = '0.000123001') =>
      JSON.stringify(encodeUsage(usage, testIdentity({ profile, costOf: () => amount }))?.['cost']);
    expect(cost('standard')).toBe('0.000123001');
    expect(cost('standard', '12.340000000')).toBe('12.34');
    const cortecs = encodeUsage(usage, testIdentity({ profile: 'cortecs', costOf: () => '0.000123001' }));
    expect(cortecs).toMatchObject({ cost: 4 * 124, cost_details: { completion_cost: 124 } });
    expect(cost('octen')).toBeUndefined();
    expect(cost('octopusx')).toBeUndefined();
    expect(encodeUsage(usage, testIdentity({ profile: 'standard' }))).not.toHaveProperty('cost');
  });
});
