import { showStatement, type StatementEntry } from './customer-statement.js';

const at = new Date('2026-12-01T00:00:00Z');
const entry = (kind: StatementEntry['kind'], amountMinor: bigint): StatementEntry => ({
  at,
  kind,
  number: 'INV-000001',
  reference: kind === 'payment' ? 'TRN 1' : '',
  amountMinor,
});

it('carries the balance from one entry to the next, and below zero when money is owed to the customer', () => {
  const statement = showStatement({
    currency: 'EUR',
    from: at,
    to: at,
    openingMinor: 100n,
    entries: [entry('invoice', 536n), entry('payment', -636n), entry('credit_note', -357n)],
  });
  expect(statement).toMatchObject({
    opening_balance: '1.00',
    entries: [
      { amount: '5.36', balance: '6.36', reference: null },
      { amount: '-6.36', balance: '0.00', reference: 'TRN 1' },
      { amount: '-3.57', balance: '-3.57' },
    ],
    closing_balance: '-3.57',
  });
});
