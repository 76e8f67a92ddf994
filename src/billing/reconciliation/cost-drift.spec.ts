import fc from 'fast-check';
import { judgeDrift } from './cost-drift.js';

const said = { day: '2026-11-01', provider: 'p', model: 'm', calls: 1 };

it.each([
  [100_000n, 100_000n, 0n, false],
  [102_000n, 100_000n, 19_607n, false],
  [103_000n, 100_000n, 29_126n, true],
  [97_000n, 100_000n, -30_927n, true],
  [0n, 100_000n, null, true],
  [0n, 1n, null, false],
  [2n, 1n, 500_000n, false],
])('%s stated and %s accrued drift by %s ppm', (statedNano, accruedNano, driftPpm, isOver) =>
  expect(judgeDrift({ ...said, statedNano, accruedNano })).toMatchObject({ driftPpm, isOver }),
);

it('is over exactly when the difference is beyond the limit and beyond rounding', () => {
  fc.assert(
    fc.property(
      fc.bigInt(0n, 10n ** 12n),
      fc.bigInt(0n, 10n ** 12n),
      fc.nat(1_000),
      (statedNano, accruedNano, calls) => {
        const size = statedNano > accruedNano ? statedNano - accruedNano : accruedNano - statedNano;
        const beyond = size * 50n > statedNano && size > BigInt(calls);
        expect(judgeDrift({ ...said, calls, statedNano, accruedNano }).isOver).toBe(beyond);
      },
    ),
  );
});
