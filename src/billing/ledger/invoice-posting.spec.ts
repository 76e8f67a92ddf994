import fc from 'fast-check';
import { creditNoteIssued, invoiceIssued, invoicePaid, invoiceVoided } from './invoice-posting.js';
import { balanceChange, type Posting } from './posting.js';

const sum = (postings: Posting[]) => postings.reduce((total, { amountNano }) => total + amountNano, 0n);
const nano = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
const amounts = fc.record({ usageNano: nano, periodEndNano: nano, collectNano: nano, taxNano: nano });

it('every posting of invoices and credit notes sums to zero and has no empty leg', () => {
  fc.assert(
    fc.property(amounts, nano, (given, open) => {
      for (const postings of [
        invoiceIssued(given),
        invoiceVoided(given),
        invoicePaid('bank', given.collectNano, open),
        creditNoteIssued('contract_asset', given),
        creditNoteIssued('revenue_reduction', given),
      ]) {
        expect(sum(postings)).toBe(0n);
        expect(postings.every(({ amountNano }) => amountNano !== 0n)).toBe(true);
      }
    }),
  );
});

it('an invoice moves no balance: unpaid usage still uses the customer’s credit until it is paid', () => {
  const given = {
    usageNano: 10_004_000_000n,
    periodEndNano: 0n,
    collectNano: 11_900_000_000n,
    taxNano: 1_900_000_000n,
  };
  expect(balanceChange(invoiceIssued(given))).toBe(0n);
  expect(balanceChange(invoicePaid('cash_clearing', given.collectNano, given.usageNano))).toBe(
    given.usageNano,
  );
  expect(balanceChange(creditNoteIssued('contract_asset', given))).toBe(0n);
  expect(balanceChange(creditNoteIssued('revenue_reduction', given))).toBe(given.usageNano);
});

it('books what rounding to cents takes to an account of its own', () => {
  expect(
    invoiceIssued({
      usageNano: 10_004_000_000n,
      periodEndNano: 0n,
      collectNano: 11_900_000_000n,
      taxNano: 1_900_000_000n,
    }),
  ).toEqual([
    { account: 'receivable_usage', amountNano: 10_004_000_000n },
    { account: 'receivable', amountNano: 1_896_000_000n },
    { account: 'contract_asset', amountNano: -10_004_000_000n },
    { account: 'vat_payable', amountNano: -1_900_000_000n },
    { account: 'rounding', amountNano: 4_000_000n },
  ]);
});

it('earns what the end of a period adds when the invoice is issued, without using the customer’s credit', () => {
  const given = {
    usageNano: 0n,
    periodEndNano: 5_000_000_000n,
    collectNano: 5_950_000_000n,
    taxNano: 950_000_000n,
  };
  expect(invoiceIssued(given)).toEqual([
    { account: 'receivable', amountNano: 5_950_000_000n },
    { account: 'revenue', amountNano: -5_000_000_000n },
    { account: 'vat_payable', amountNano: -950_000_000n },
  ]);
  expect(balanceChange(invoiceIssued(given))).toBe(0n);
  expect(balanceChange(creditNoteIssued('revenue_reduction', given))).toBe(0n);
});
