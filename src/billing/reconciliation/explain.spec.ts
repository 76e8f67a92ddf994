import fc from 'fast-check';
import { explain, type Compared } from './explain.js';
import { addDays } from './statement.js';

const day = (over: Partial<Compared> = {}): Compared => ({
  day: '2026-11-01',
  stated: 0n,
  booked: 0n,
  toPrevious: 0n,
  toNext: 0n,
  otherCurrency: 0n,
  estimated: 0n,
  unbilled: 0n,
  retries: 0n,
  abandoned: 0n,
  rounding: 0n,
  ...over,
});

describe('explain', () => {
  const amount = fc.bigInt(0n, 1_000n);
  const days = fc
    .array(
      fc.record({
        stated: amount,
        booked: amount,
        toPrevious: amount,
        toNext: amount,
        otherCurrency: amount,
        estimated: amount,
        unbilled: amount,
        retries: amount,
        abandoned: amount,
        rounding: fc.bigInt(0n, 3n),
      }),
      { minLength: 1, maxLength: 5 },
    )
    .map((rows) => rows.map((row, index) => ({ ...row, day: addDays('2026-11-29', index) })));

  it('accounts for every difference exactly, and no reason beyond what it can explain', () => {
    fc.assert(
      fc.property(days, amount, amount, (rows, before, after) => {
        const results = explain(rows, { before, after });
        for (const [index, { explained, open }] of results.entries()) {
          const row = rows[index] as Compared;
          const sum = explained.reduce((total, part) => total + part.amount, open);
          expect(sum).toBe(row.stated - row.booked);
          for (const part of explained) {
            const size = part.amount < 0n ? -part.amount : part.amount;
            if (part.reason === 'estimated_usage') expect(size <= row.estimated).toBe(true);
            if (part.reason === 'other_currency') expect(part.amount <= row.otherCurrency).toBe(true);
            if (part.reason === 'unbilled') expect(part.amount <= row.unbilled).toBe(true);
            if (part.reason === 'retries') expect(part.amount <= row.retries).toBe(true);
            if (part.reason === 'abandoned') expect(part.amount <= row.abandoned).toBe(true);
            if (part.reason === 'rounding') expect(size <= row.rounding).toBe(true);
          }
        }
      }),
    );
  });

  it('explains nothing when nothing can explain', () => {
    const rows = [day({ stated: 10n, booked: 7n }), day({ day: '2026-11-02', stated: 1n, booked: 9n })];
    expect(explain(rows).map(({ open }) => open)).toEqual([3n, -8n]);
  });

  it('moves calls over midnight on both days by the same amount', () => {
    const rows = [
      day({ stated: 12n, booked: 10n }),
      day({ day: '2026-11-02', stated: 8n, booked: 10n, toPrevious: 5n }),
    ];
    expect(explain(rows)).toEqual([
      { explained: [{ reason: 'clock_skew', amount: 2n }], open: 0n },
      { explained: [{ reason: 'clock_skew', amount: -2n }], open: 0n },
    ]);
  });

  it('moves calls over the first and last midnight of the statement', () => {
    const rows = [
      day({ stated: 12n, booked: 10n }),
      day({ day: '2026-11-02', stated: 8n, booked: 10n, toNext: 2n }),
    ];
    expect(explain(rows, { before: 2n, after: 0n }).map(({ open }) => open)).toEqual([0n, 0n]);
  });

  it('takes retries and calls given up only for what the provider states beyond the books', () => {
    expect(explain([day({ stated: 5n, booked: 9n, retries: 9n, abandoned: 9n })])[0]?.open).toBe(-4n);
    expect(explain([day({ stated: 9n, booked: 5n, retries: 3n, abandoned: 9n })])[0]).toEqual({
      explained: [
        { reason: 'retries', amount: 3n },
        { reason: 'abandoned', amount: 1n },
      ],
      open: 0n,
    });
  });
});
