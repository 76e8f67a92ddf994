import fc from 'fast-check';
import {
  creditExpired,
  creditGranted,
  goodwillCredit,
  paidCredit,
  promoCredit,
  providerCost,
  usage,
  usageReversal,
  type CreditKind,
  type Posting,
} from './posting.js';

const nano = fc.bigInt({ min: 0n, max: 9_000_000_000_000_000_000n });
const funding = fc.record({ paidNano: nano, taxedNano: nano, promoNano: nano, postpaidNano: nano });
const kind = fc.constantFrom<CreditKind>('paid', 'promo', 'goodwill');
const sum = (postings: Posting[]) => postings.reduce((total, { amountNano }) => total + amountNano, 0n);
const on = (postings: Posting[], account: string) =>
  sum(postings.filter((posting) => posting.account === account));

describe('every journal template', () => {
  it('sums to zero and has no empty leg, whatever the amount', () => {
    fc.assert(
      fc.property(nano, funding, kind, (amount, parts, credit) => {
        const all = [
          creditGranted(credit, amount),
          creditExpired(credit, amount),
          usage(parts),
          usageReversal(parts),
          providerCost(amount),
          providerCost(-amount),
        ];
        for (const postings of all) {
          expect(sum(postings)).toBe(0n);
          expect(postings.every(({ amountNano }) => amountNano !== 0n)).toBe(true);
        }
      }),
    );
  });

  it('refuses a negative amount', () => {
    expect(() => paidCredit(-1n)).toThrow(RangeError);
  });
});

it('earns nothing from promo credit', () => {
  expect(on(usage({ paidNano: 0n, taxedNano: 0n, promoNano: 5n, postpaidNano: 0n }), 'revenue')).toBe(0n);
  expect(usage({ paidNano: 0n, taxedNano: 0n, promoNano: 5n, postpaidNano: 0n })).toEqual([
    { account: 'promo_credit', amountNano: 5n },
    { account: 'promo_pending', amountNano: -5n },
  ]);
});

it('owes paid and goodwill credit to the customer, and promo credit to nobody', () => {
  expect(on(paidCredit(7n), 'deferred_revenue')).toBe(-7n);
  expect(on(goodwillCredit(7n), 'deferred_revenue')).toBe(-7n);
  expect(on(goodwillCredit(7n), 'revenue_reduction')).toBe(7n);
  expect(on(promoCredit(7n), 'deferred_revenue')).toBe(0n);
});

it('turns expired paid credit into breakage and undoes the other two', () => {
  expect(on(creditExpired('paid', 3n), 'breakage_revenue')).toBe(-3n);
  expect(on([...promoCredit(3n), ...creditExpired('promo', 3n)], 'promo_pending')).toBe(0n);
  expect(on([...goodwillCredit(3n), ...creditExpired('goodwill', 3n)], 'revenue_reduction')).toBe(0n);
});

it('undoes a charge exactly', () => {
  fc.assert(
    fc.property(funding, (parts) => {
      const both = [...usage(parts), ...usageReversal(parts)];
      for (const { account } of both) expect(on(both, account)).toBe(0n);
    }),
  );
});
