import fc from 'fast-check';
import { emptyUsage, inputTotal, mergeUsage } from '../../core/token-usage.js';
import { decodeStartUsage, decodeUsage, encodeUsage, foldUsage } from './usage.js';

describe('usage', () => {
  it('statement 23: input_tokens leaves out what was read from the cache', () => {
    const usage = decodeUsage({ input_tokens: 58, cache_read_input_tokens: 2048, output_tokens: 9 });
    expect(usage.input).toEqual({ noCache: 58, cacheRead: 2048 });
    expect(inputTotal(usage)).toBe(2106);
  });

  it('what was not reported, or is null, stays unknown', () => {
    const usage = decodeUsage({ input_tokens: null, output_tokens: 3, cache_read_input_tokens: null });
    expect(usage.input.noCache).toBeUndefined();
    expect(usage.input.cacheRead).toBeUndefined();
    expect(usage.output.reasoning).toBeUndefined();
  });

  it('row 63: cache writes are split by lifetime, and a total without its split is the shorter one', () => {
    const split = { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 };
    expect(decodeUsage({ cache_creation_input_tokens: 30, cache_creation: split }).input).toMatchObject({
      cacheWrite5m: 10,
      cacheWrite1h: 20,
    });
    expect(decodeUsage({ cache_creation_input_tokens: 35, cache_creation: split }).input.cacheWrite5m).toBe(
      15,
    );
    expect(decodeUsage({ cache_creation_input_tokens: 30 }).input).toMatchObject({ cacheWrite5m: 30 });
  });

  it('row 66: passes that compacted the context are added to the totals, those of an advisor are not', () => {
    const usage = decodeUsage({
      input_tokens: 682,
      output_tokens: 1_320,
      iterations: [
        { type: 'compaction', input_tokens: 60_385, output_tokens: 592, cache_creation_input_tokens: 7 },
        { type: 'advisor_message', input_tokens: 2_728, output_tokens: 874 },
        { type: 'message', input_tokens: 682, output_tokens: 1_320 },
      ],
    });
    expect(usage.input).toMatchObject({ noCache: 61_067, cacheWrite5m: 7 });
    expect(usage.output.total).toBe(1_912);
  });

  it('a cumulative total without its split never counts a written token twice', () => {
    fc.assert(
      fc.property(fc.nat(9_999), fc.nat(9_999), fc.nat(29_999), (short, long, total) => {
        const split = { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: long };
        const start = decodeStartUsage({ cache_creation_input_tokens: short + long, cache_creation: split });
        const { input } = foldUsage(mergeUsage(emptyUsage(), start), { cache_creation_input_tokens: total });
        expect((input.cacheWrite5m ?? 0) + (input.cacheWrite1h ?? 0)).toBe(total);
      }),
    );
  });

  it('the split known from the start is kept when the total agrees', () => {
    const start = { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 500 };
    const known = decodeStartUsage({ cache_creation_input_tokens: 500, cache_creation: start });
    expect(foldUsage(known, { cache_creation_input_tokens: 700 }).input).toMatchObject({
      cacheWrite5m: 0,
      cacheWrite1h: 700,
    });
  });

  it.each([
    [30, 10, 20],
    [45, 25, 20],
    [15, 0, 15],
  ])(
    'with both lifetimes known, a total of %i is %i short and %i long: growth is the cheaper one',
    (total, short, long) => {
      const split = { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 };
      const known = decodeStartUsage({ cache_creation_input_tokens: 30, cache_creation: split });
      const { input } = foldUsage(known, { cache_creation_input_tokens: total });
      expect(input).toMatchObject({ cacheWrite5m: short, cacheWrite1h: long });
    },
  );

  it('the output count of message_start is provisional and left out', () => {
    expect(decodeStartUsage({ input_tokens: 5, output_tokens: 4 }).output).toEqual({});
  });

  it('row 66: a later report wins class by class', () => {
    const known = decodeStartUsage({ input_tokens: 43, cache_read_input_tokens: 7 });
    expect(foldUsage(known, { input_tokens: 61, output_tokens: 2 })).toMatchObject({
      input: { noCache: 61, cacheRead: 7 },
      output: { total: 2 },
    });
  });

  it('cache, thinking and search members appear only when there is something to say', () => {
    expect(
      encodeUsage({
        input: { noCache: 18, cacheRead: 0, cacheWrite5m: 0 },
        output: { total: 32 },
        searches: 0,
      }),
    ).toEqual({
      input_tokens: 18,
      output_tokens: 32,
    });
  });

  it('rows 62, 63 and 64: what the protocol can say is written and read again', () => {
    const positive = fc.integer({ min: 1, max: 1_000_000 });
    const usage = fc.record({
      input: fc.record({
        noCache: fc.nat(1_000_000_000),
        cacheRead: positive,
        cacheWrite5m: positive,
        cacheWrite1h: positive,
      }),
      output: fc.record({ total: fc.nat(1_000_000_000), reasoning: fc.nat(1_000_000_000) }),
      searches: positive,
    });
    fc.assert(fc.property(usage, (value) => expect(decodeUsage(encodeUsage(value))).toEqual(value)));
  });
});
