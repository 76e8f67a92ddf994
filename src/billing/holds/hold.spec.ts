import { countSwept, maySweep } from './hold.js';

it('counts what a sweep settled, released, and left to others', () => {
  const closed = (outcome: 'settled' | 'released' | 'already_closed', chargedNano: bigint) => ({
    holdId: 'h',
    outcome,
    chargedNano,
    absorbedNano: 0n,
  });
  const holds = [
    closed('settled', 5n),
    closed('released', 0n),
    closed('settled', 2n),
    closed('already_closed', 0n),
  ];
  expect(countSwept(holds)).toEqual({ settled: 2, released: 1, chargedNano: 7n });
});

it('sweeps only after the database has been there for long enough', () => {
  expect(maySweep(undefined, 100_000, 0)).toBe(false);
  expect(maySweep(40_001, 100_000, 60_000)).toBe(false);
  expect(maySweep(40_000, 100_000, 60_000)).toBe(true);
});
