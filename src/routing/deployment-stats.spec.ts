import fc from 'fast-check';
import { addedSums, measuredOf, NO_SUMS, withAttempt, type AttemptMeasurement } from './deployment-stats.js';

const after = (attempts: readonly AttemptMeasurement[]) => attempts.reduce(withAttempt, NO_SUMS);
const answer = (firstTokenMs: number): AttemptMeasurement => ({
  failed: false,
  firstTokenMs,
  outputTokens: 100,
  outputMs: 1_000,
  inputTokens: 10,
  cachedTokens: 5,
});
const attempts = fc.array(
  fc.oneof(
    fc.constant<AttemptMeasurement>({ failed: true }),
    fc.integer({ min: 1, max: 5_000 }).map((ms): AttemptMeasurement => answer(ms)),
  ),
  { maxLength: 40 },
);

describe('what was measured of a deployment', () => {
  it('is nothing before it was used, and the latest ten or so later', () => {
    expect(measuredOf(NO_SUMS)).toEqual({ errorRate: 0, cacheShare: 0 });
    const changed = after([
      ...Array<AttemptMeasurement>(30).fill(answer(100)),
      ...Array<AttemptMeasurement>(15).fill(answer(900)),
    ]);
    expect(measuredOf(changed).firstTokenMs).toBeGreaterThan(800);
    expect(measuredOf(changed).tokensPerSecond).toBeCloseTo(100);
    expect(measuredOf(after(Array<AttemptMeasurement>(60).fill({ failed: true }))).errorRate).toBeCloseTo(1);
  });

  it('takes one failure for one, not for the rule', () => {
    expect(measuredOf(after([{ failed: true }])).errorRate).toBeCloseTo(0.15);
  });

  it('stays between the least and the most that was measured, whoever adds it up', () => {
    fc.assert(
      fc.property(fc.array(attempts, { minLength: 1, maxLength: 4 }), (processes) => {
        const { firstTokenMs, errorRate, cacheShare } = measuredOf(addedSums(processes.map(after)));
        const times = processes.flat().flatMap((one) => one.firstTokenMs ?? []);
        if (times.length === 0) expect(firstTokenMs).toBeUndefined();
        else {
          expect(firstTokenMs).toBeGreaterThanOrEqual(Math.min(...times) - 1e-6);
          expect(firstTokenMs).toBeLessThanOrEqual(Math.max(...times) + 1e-6);
        }
        for (const share of [errorRate, cacheShare]) expect(share >= 0 && share <= 1 + 1e-9).toBe(true);
      }),
    );
  });

  it('is the same in whatever order processes are added up', () => {
    fc.assert(
      fc.property(attempts, attempts, (one, other) => {
        const [a, b] = [after(one), after(other)];
        expect(addedSums([a, b])).toEqual(addedSums([b, a]));
        expect(addedSums([a, NO_SUMS])).toEqual(a);
      }),
    );
  });
});
