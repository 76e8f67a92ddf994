import fc from 'fast-check';
import { postAttempts, type UnbilledAttempt } from './post-attempts.js';

const attempt = fc.record({
  requestId: fc.uuid(),
  seq: fc.integer({ min: 1, max: 3 }),
  wallet: fc.constantFrom('a', 'b'),
  providerId: fc.constantFrom('p', 'q'),
  day: fc.constantFrom('2026-11-30', '2026-12-01'),
  costNano: fc.bigInt({ min: 1n, max: 10n ** 15n }),
});
const attempts = fc
  .uniqueArray(attempt, { selector: ({ requestId, seq }) => `${requestId}${seq}` })
  .map((list): UnbilledAttempt[] =>
    list.map(({ wallet, ...one }) => ({
      ...one,
      walletId: wallet,
      organizationId: `o${wallet}`,
      providerSlug: one.providerId,
      currency: 'USD',
    })),
  );

it('posts every attempt once, to its own provider and day, and every transaction sums to zero', () => {
  fc.assert(
    fc.property(attempts, (list) => {
      const journals = postAttempts(list);
      expect(new Set(journals.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(journals.length);
      for (const { idempotencyKey, organizationId, postings } of journals) {
        const [, walletId, providerId, day] = idempotencyKey.split(':');
        const own = list.filter(
          (one) => one.walletId === walletId && one.providerId === providerId && one.day === day,
        );
        const costNano = own.reduce((sum, one) => sum + one.costNano, 0n);
        expect(organizationId).toBe(`o${walletId}`);
        expect(postings).toEqual([
          { account: 'cost_of_sales', amountNano: costNano },
          { account: 'provider_payable', amountNano: -costNano },
        ]);
      }
      const posted = journals.flatMap(({ postings }) => postings[0]?.amountNano ?? 0n);
      expect(posted.reduce((sum, one) => sum + one, 0n)).toBe(
        list.reduce((sum, one) => sum + one.costNano, 0n),
      );
    }),
  );
});
