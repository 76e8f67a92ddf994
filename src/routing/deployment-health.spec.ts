import fc from 'fast-check';
import {
  afterFailure,
  afterSuccess,
  byHealth,
  standingAt,
  underProbe,
  waitMsOf,
  type HealthState,
} from './deployment-health.js';

const fail = (state: HealthState | undefined, nowMs: number, times = 1): HealthState => {
  let next = state;
  for (let time = 0; time < times; time++) next = afterFailure(next, 'fault', { nowMs });
  return next as HealthState;
};

describe('a breaker', () => {
  it('opens at five failures in a row, lets one try decide, and stays open longer each time', () => {
    expect(standingAt(fail(undefined, 0, 4), 0)).toBe('closed');
    const open = fail(undefined, 0, 5);
    expect([standingAt(open, 0), standingAt(open, 9_999), standingAt(open, 10_000)]).toEqual([
      'open',
      'open',
      'half_open',
    ]);
    const probing = underProbe(open, 10_000);
    expect(standingAt(probing, 10_001)).toBe('open');
    const again = fail(probing, 10_002);
    expect([standingAt(again, 30_001), standingAt(again, 30_002)]).toEqual(['open', 'half_open']);
    expect(standingAt(afterSuccess(again), 30_003)).toBe('closed');
  });

  it('takes rate limits and overload for back-pressure, never for illness', () => {
    const causes = fc.array(fc.constantFrom('rate_limit', 'overloaded', 'request', 'model'), {
      maxLength: 50,
    });
    fc.assert(
      fc.property(causes, (given) => {
        let state: HealthState | undefined;
        for (const cause of given) state = afterFailure(state, cause as 'rate_limit', { nowMs: 0 });
        expect(standingAt(state, 0)).toBe('closed');
      }),
    );
    expect(afterFailure(undefined, 'rate_limit', { nowMs: 5, waitMs: 7_000 }).restUntilMs).toBe(7_005);
  });

  it('leaves nobody without an upstream: most ejected are all tried, the well ones first', () => {
    const states = { a: fail(undefined, 0, 5), b: fail(undefined, 0, 5) } as Record<string, HealthState>;
    const order = (given: string[]): string[] =>
      byHealth(given, (one) => [states[one]], { nowMs: 0, graceMs: 0 });
    expect(order(['a', 'c', 'd'])).toEqual(['c', 'd']);
    expect(order(['a', 'b', 'c'])).toEqual(['c', 'a', 'b']);
    expect(order(['a'])).toEqual(['a']);
  });

  it('counts who else could serve: with those well, the ejected of a few are left out', () => {
    const states = { a: fail(undefined, 0, 5), b: fail(undefined, 0, 5) } as Record<string, HealthState>;
    const order = (given: string[], among: string[]): string[] =>
      byHealth(given, (one) => [states[one]], { nowMs: 0, graceMs: 0 }, among);
    expect(order(['a', 'b', 'c'], ['a', 'b', 'c', 'd'])).toEqual(['c']);
    expect(order(['a', 'c'], ['a', 'b', 'c'])).toEqual(['c', 'a']);
    expect(order(['a', 'b'], ['a', 'b', 'c', 'd'])).toEqual(['a', 'b']);
  });

  it('keeps customers away for a while after an ejection where probes decide', () => {
    const states: Record<string, HealthState> = { a: fail(undefined, 0, 5) };
    const order = (nowMs: number, graceMs: number): string[] =>
      byHealth(['a', 'b', 'c'], (one) => [states[one]], { nowMs, graceMs });
    expect(order(10_001, 0)).toEqual(['a', 'b', 'c']);
    expect(order(10_001, 60_000)).toEqual(['b', 'c']);
    expect(order(70_001, 60_000)).toEqual(['a', 'b', 'c']);
    expect(waitMsOf([states['a']], { nowMs: 10_000, graceMs: 60_000 })).toBe(60_000);
  });

  it('puts those that rest behind the others, the soonest first', () => {
    const rest = (waitMs: number) => afterFailure(undefined, 'overloaded', { nowMs: 0, waitMs });
    const states: Record<string, HealthState> = { a: rest(9_000), b: rest(500) };
    expect(byHealth(['a', 'b', 'c'], (one) => [states[one]], { nowMs: 0, graceMs: 0 })).toEqual([
      'c',
      'b',
      'a',
    ]);
    expect(byHealth(['a', 'b', 'c'], (one) => [states[one]], { nowMs: 600, graceMs: 0 })).toEqual([
      'b',
      'c',
      'a',
    ]);
  });
});
