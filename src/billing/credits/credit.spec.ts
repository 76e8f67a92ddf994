import { expirableNano, isSameOrder, type CreditGrant } from './credit.js';

it.each([
  ['all of it when nothing is held', 5n, 9n, 5n],
  ['what no call holds', 5n, 3n, 3n],
  ['nothing when calls hold everything', 5n, 0n, 0n],
  ['nothing when the wallet is overdrawn', 5n, -4n, 0n],
])('an expired lot loses %s', (_, remaining, free, expected) => {
  expect(expirableNano(remaining, free)).toBe(expected);
});

it('knows a repeated order from another one under the same key', () => {
  const order = {
    organizationId: 'o',
    kind: 'promo' as const,
    amountNano: 1n,
    currency: 'USD',
    reason: 'r',
    expiresAt: new Date(9),
    idempotencyKey: 'k',
    createdBy: 'a',
  };
  const stored = { id: 'g', walletId: 'w', remainingNano: 0n, createdAt: new Date(1) };
  const grant: CreditGrant = { ...order, ...stored, taxPoint: 'use' };
  expect(isSameOrder(grant, order)).toBe(true);
  expect(isSameOrder(grant, { ...order, amountNano: 2n })).toBe(false);
  expect(isSameOrder(grant, { ...order, expiresAt: undefined })).toBe(false);
  const paid = { ...order, kind: 'paid' as const };
  expect(isSameOrder({ ...grant, kind: 'paid' }, { ...paid, taxPoint: 'use' })).toBe(true);
  expect(isSameOrder({ ...grant, kind: 'paid' }, { ...paid, taxPoint: 'sale' })).toBe(false);
});
