import fc from 'fast-check';
import { Redis } from 'ioredis';
import { adjust, decide, standingAt, type RateState } from '../../../src/admission/rate-limit.js';
import { END_CALL, TAKE_LIMITS, type RedisScript } from '../../../src/admission/rate-limit-scripts.js';
import { createTestRedis, type TestRedis } from '../../support/redis.js';

/** The script with a clock that the test sets: the last two arguments, as TIME would answer them. */
function withClock({ lua }: RedisScript): string {
  const clock = "local time = redis.call('TIME')";
  expect(lua).toContain(clock);
  return lua.replace(clock, 'local time = { ARGV[#ARGV - 1], ARGV[#ARGV] }');
}

const limitOf = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 50 }),
  fc.integer({ min: 1, max: 2_147_483_647 }),
);
const step = fc.record({
  afterMs: fc.oneof(fc.constant(0), fc.integer({ min: -500, max: 90_000 })),
  share: fc.integer({ min: 0, max: 100 }),
  usedShare: fc.option(fc.integer({ min: 0, max: 300 })),
});

describe('the scripts that Redis runs', () => {
  let redis: TestRedis;
  let client: Redis;
  beforeAll(() => {
    redis = createTestRedis();
    client = new Redis(redis.url);
  });
  afterAll(async () => {
    client.disconnect();
    await redis.drop();
  });

  it('decide as the pure arithmetic does, to the millisecond and the token', async () => {
    let run = 0;
    const property = fc.asyncProperty(
      limitOf,
      limitOf,
      fc.array(step, { maxLength: 25 }),
      async (perMinute, tokenLimit, steps) => {
        const keys = [`${redis.prefix}:${++run}`, `${redis.prefix}:${run}:running`];
        let nowMs = 1_800_000_000_000;
        let requests: RateState | undefined;
        let tokens: RateState | undefined;
        for (const { afterMs, share, usedShare } of steps) {
          nowMs += afterMs;
          const cost = Math.floor((tokenLimit * share) / 100);
          const clock = [Math.floor(nowMs / 1_000), (nowMs % 1_000) * 1_000 + 999];
          const values = ['call', 60_000, 1, perMinute, tokenLimit, 0, cost, ...clock];
          const reply = await client.eval(withClock(TAKE_LIMITS), 2, ...keys, ...values);
          const byRequests = perMinute > 0 ? decide(requests, perMinute, 1, nowMs) : undefined;
          const byTokens = tokenLimit > 0 ? decide(tokens, tokenLimit, cost, nowMs) : undefined;
          const refused = byRequests?.allowed === false ? 1 : byTokens?.allowed === false ? 2 : 0;
          const keepsState = (state: RateState | undefined): RateState | undefined =>
            state && nowMs < state.atMs ? { ...state, atMs: nowMs } : state;
          requests = refused ? keepsState(requests) : (byRequests?.state ?? requests);
          tokens = refused ? keepsState(tokens) : (byTokens?.state ?? tokens);
          const figures = (state: RateState | undefined, limit: number): number[] => {
            if (limit === 0) return [0, 0];
            const { remaining, resetMs } = standingAt(state, limit, nowMs);
            return [remaining, resetMs];
          };
          const wait = Math.max(byRequests?.retryAfterMs ?? 0, byTokens?.retryAfterMs ?? 0);
          const expected = [
            refused,
            refused && 1,
            wait,
            ...figures(requests, perMinute),
            ...figures(tokens, tokenLimit),
          ];
          expect(reply).toEqual(expected);
          if (refused !== 0 || usedShare === null || tokenLimit === 0) continue;
          const more = Math.floor((tokenLimit * usedShare) / 100) - cost;
          await client.eval(withClock(END_CALL), 2, ...keys, 'call', 1, tokenLimit, more, ...clock);
          if (more !== 0) tokens = adjust(tokens, tokenLimit, more, nowMs);
        }
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });
});
