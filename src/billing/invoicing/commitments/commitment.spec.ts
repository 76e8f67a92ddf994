import fc from 'fast-check';
import { committedNano, takenOver, trueUpNano, type Commitment } from './commitment.js';

const DOLLAR = 1_000_000_000n;
const whole = (usageNano: bigint) => ({
  daysInMonth: 31,
  parts: [{ amountNano: 1_000n * DOLLAR, days: 31 }],
  usageNano,
});

it('lacks what was not used of the commitment, and nothing once it is met', () => {
  expect(trueUpNano(whole(300n * DOLLAR))).toBe(700n * DOLLAR);
  expect(trueUpNano(whole(1_000n * DOLLAR - 1n))).toBe(1n);
  expect(trueUpNano(whole(1_000n * DOLLAR))).toBe(0n);
  expect(trueUpNano(whole(2_000n * DOLLAR))).toBe(0n);
});

it('promises for a part of a month by its days, rounded once, half up', () => {
  const parts = [{ amountNano: 1_000n * DOLLAR, days: 17 }];
  expect(committedNano({ daysInMonth: 31, parts })).toBe(548_387_096_774n);
  expect(committedNano({ daysInMonth: 30, parts: [{ amountNano: 1n, days: 15 }] })).toBe(1n);
  expect(committedNano({ daysInMonth: 30, parts: [{ amountNano: 1n, days: 14 }] })).toBe(0n);
  // Two commitments of one month are rounded together: 0.5 and 0.5 make 1, not 2.
  const halves = [
    { amountNano: 1n, days: 15 },
    { amountNano: 1n, days: 15 },
  ];
  expect(committedNano({ daysInMonth: 30, parts: halves })).toBe(1n);
});

it('never lacks more than was promised, nor less than nothing, however much was taken back', () => {
  const nano = fc.bigInt({ min: 1n, max: 10n ** 18n });
  const usage = fc.bigInt({ min: -(10n ** 18n), max: 2n * 10n ** 18n });
  fc.assert(
    fc.property(
      fc.integer({ min: 28, max: 31 }),
      nano,
      fc.nat(31),
      usage,
      (daysInMonth, amountNano, cut, usageNano) => {
        const days = Math.min(cut, daysInMonth);
        const rest = daysInMonth - days;
        const month = { daysInMonth, parts: [{ amountNano, days }], usageNano };
        const promised = committedNano(month);
        const lacks = trueUpNano(month);
        expect(lacks).toBeGreaterThanOrEqual(0n);
        expect(lacks).toBeLessThanOrEqual(promised);
        expect(promised).toBeLessThanOrEqual(amountNano);
        if (usageNano >= 0n && lacks > 0n) expect(lacks + usageNano).toBe(promised);
        // A month cut in two promises what the whole does, but for the one rounding of each part.
        const both = promised + committedNano({ daysInMonth, parts: [{ amountNano, days: rest }] });
        expect(both - amountNano).toBeGreaterThanOrEqual(0n);
        expect(both - amountNano).toBeLessThanOrEqual(1n);
        expect(
          committedNano({ daysInMonth, parts: [month.parts[0] as never, { amountNano, days: rest }] }),
        ).toBe(amountNano);
      },
    ),
  );
});

const commitment = (validFrom: string, validUntil: string | null): Commitment => ({
  id: '01990000-0000-7000-8000-000000000001',
  organizationId: 'o',
  currency: 'USD',
  amountNano: DOLLAR,
  validFrom,
  validUntil,
  createdAt: new Date(0),
});

it('takes over from the commitment without an end that began earlier', () => {
  const open = commitment('2027-01-01', null);
  expect(takenOver([open], { validFrom: '2027-03-15', validUntil: null })).toBe(open);
  expect(
    takenOver([commitment('2026-01-01', '2027-01-01')], { validFrom: '2027-01-01', validUntil: null }),
  ).toBeNull();
  expect(
    takenOver([commitment('2027-02-01', '2027-02-01')], { validFrom: '2027-01-01', validUntil: null }),
  ).toBeNull();
});

it.each([
  ['one that begins the same day', commitment('2027-03-01', null), 'valid_from'],
  ['one with an end, from inside it', commitment('2027-01-01', '2028-01-01'), 'valid_from'],
  ['one that begins later', commitment('2027-05-01', null), 'valid_until'],
])('refuses to overlap %s', (_, existing, param) => {
  expect(() => takenOver([existing], { validFrom: '2027-03-01', validUntil: null })).toThrow(
    expect.objectContaining({ kind: 'conflict', details: { param, code: 'commitment_overlaps' } }) as Error,
  );
});
