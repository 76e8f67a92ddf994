import fc from 'fast-check';
import { adjust, decide, type RateState } from './rate-limit.js';

interface Arrival {
  afterMs: number;
  cost: number;
}

const arrivals = (limit: number) =>
  fc.array(
    fc.record({
      afterMs: fc.oneof(fc.constant(0), fc.nat(90_000)),
      cost: fc.integer({ min: 1, max: limit }),
    }),
    { minLength: 1, maxLength: 60 },
  );
const limitAndArrivals = fc
  .oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 2_147_483_647 }))
  .chain((limit) => fc.tuple(fc.constant(limit), arrivals(limit)));

function admitted(limit: number, calls: Arrival[]): { atMs: number; cost: number }[] {
  let state: RateState | undefined;
  let atMs = 0;
  const taken: { atMs: number; cost: number }[] = [];
  for (const { afterMs, cost } of calls) {
    atMs += afterMs;
    const decision = decide(state, limit, cost, atMs);
    state = decision.state;
    if (decision.allowed) taken.push({ atMs, cost });
  }
  return taken;
}

describe('a limit a minute', () => {
  it('admits, in any window, at most one allowance and what the window itself drains', () => {
    fc.assert(
      fc.property(limitAndArrivals, ([limit, calls]) => {
        const taken = admitted(limit, calls);
        for (let first = 0; first < taken.length; first++) {
          let sum = 0n;
          for (let last = first; last < taken.length; last++) {
            const [from, to] = [taken[first], taken[last]];
            if (!from || !to) continue;
            sum += BigInt(to.cost);
            const window = BigInt(to.atMs - from.atMs);
            expect(sum * 60_000n <= BigInt(limit) * (60_000n + window)).toBe(true);
          }
        }
      }),
    );
  });

  it('refuses nothing that fits: an idle key may use its whole allowance at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (limit) => {
        const calls = Array.from({ length: limit + 1 }, () => ({ afterMs: 0, cost: 1 }));
        expect(admitted(limit, calls)).toHaveLength(limit);
      }),
    );
  });

  it('says exactly how long to wait: not a millisecond earlier, and then surely', () => {
    fc.assert(
      fc.property(limitAndArrivals, fc.nat(), ([limit, calls], seed) => {
        let state: RateState | undefined;
        let atMs = 0;
        for (const { afterMs, cost } of calls) {
          atMs += afterMs;
          state = decide(state, limit, cost, atMs).state;
        }
        const cost = 1 + (seed % limit);
        const { allowed, retryAfterMs } = decide(state, limit, cost, atMs);
        if (allowed) {
          expect(retryAfterMs).toBe(0);
          return;
        }
        expect(retryAfterMs).toBeGreaterThan(0);
        expect(decide(state, limit, cost, atMs + retryAfterMs - 1).allowed).toBe(false);
        expect(decide(state, limit, cost, atMs + retryAfterMs).allowed).toBe(true);
      }),
    );
  });

  it('says what could be used at once, and when the whole allowance is back', () => {
    fc.assert(
      fc.property(limitAndArrivals, ([limit, calls]) => {
        let state: RateState | undefined;
        let atMs = 0;
        for (const { afterMs, cost } of calls) {
          atMs += afterMs;
          const decision = decide(state, limit, cost, atMs);
          state = decision.state;
          const { remaining, resetMs } = decision;
          expect(decide(state, limit, remaining, atMs).allowed).toBe(true);
          if (remaining < limit) expect(decide(state, limit, remaining + 1, atMs).allowed).toBe(false);
          expect(decide(state, limit, limit, atMs + resetMs).allowed).toBe(true);
          if (resetMs > 0) expect(decide(state, limit, limit, atMs + resetMs - 1).allowed).toBe(false);
        }
      }),
    );
  });

  it('uses nothing for a refusal', () => {
    const full = decide(undefined, 3, 3, 0);
    const refused = decide(full.state, 3, 1, 10_000);
    expect(refused).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 10_000, resetMs: 50_000 });
    expect(decide(refused.state, 3, 1, 20_000).allowed).toBe(true);
  });

  it('counts from where the clock is when it was set back', () => {
    const full = decide(undefined, 60, 60, 1_000_000);
    const refused = decide(full.state, 60, 1, 500_000);
    expect(refused).toMatchObject({ allowed: false, retryAfterMs: 1_000 });
    expect(decide(refused.state, 60, 1, 501_000).allowed).toBe(true);
  });
});

describe('what turned out to be used', () => {
  it('frees what was reserved and not used', () => {
    const reserved = decide(undefined, 1_000, 900, 0);
    const settled = adjust(reserved.state, 1_000, -850, 0);
    expect(decide(settled, 1_000, 950, 0).allowed).toBe(true);
  });

  it('makes later calls wait for what was used beyond the reservation', () => {
    const reserved = decide(undefined, 1_000, 1_000, 0);
    const settled = adjust(reserved.state, 1_000, 2_000, 0);
    expect(decide(settled, 1_000, 1, 0)).toMatchObject({
      allowed: false,
      remaining: 0,
      retryAfterMs: 120_060,
    });
  });

  it('never frees more than the whole allowance', () => {
    const settled = adjust({ debt: 60_000, atMs: 0 }, 10, -5_000, 0);
    expect(settled.debt).toBe(0);
  });
});
