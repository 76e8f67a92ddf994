import { negate, type Posting } from './posting.js';

/** What an invoice turns from usage into a debt; nano, of which usage and period end are no whole numbers of minor units. */
export interface InvoiceAmounts {
  /** The exact usage it collects; already revenue, until now a contract asset. */
  usageNano: bigint;
  /** What the end of the period adds to it: nobody's debt before, and revenue now. */
  periodEndNano: bigint;
  /** What the customer is asked for, tax included. */
  collectNano: bigint;
  taxNano: bigint;
}

/** An invoice: usage becomes a receivable, with its tax; what rounding to minor units adds or takes is booked apart. */
export const invoiceIssued = ({
  usageNano,
  periodEndNano,
  collectNano,
  taxNano,
}: InvoiceAmounts): Posting[] =>
  withoutZeros([
    { account: 'receivable_usage', amountNano: usageNano },
    { account: 'receivable', amountNano: collectNano - usageNano },
    { account: 'contract_asset', amountNano: -usageNano },
    { account: 'revenue', amountNano: -periodEndNano },
    { account: 'vat_payable', amountNano: -taxNano },
    { account: 'rounding', amountNano: usageNano + periodEndNano + taxNano - collectNano },
  ]);

/** An invoice that is not to be paid any more: as before it. */
export const invoiceVoided = (amounts: InvoiceAmounts): Posting[] => negate(invoiceIssued(amounts));

/**
 * Money for an invoice, through a payment provider or straight to the bank. `openUsageNano`: what of its usage still
 * stands against the customer's credit. An invoice that credit notes have paid is closed with 0.
 */
export const invoicePaid = (
  into: 'cash_clearing' | 'bank',
  amountNano: bigint,
  openUsageNano: bigint,
): Posting[] =>
  withoutZeros([
    { account: into, amountNano },
    { account: 'receivable_usage', amountNano: -openUsageNano },
    { account: 'receivable', amountNano: openUsageNano - amountNano },
  ]);

/** An invoice that nobody expects to be paid: a loss, tax and all; relief from the tax is for the accountant to claim. */
export const invoiceWrittenOff = (amountNano: bigint, openUsageNano: bigint): Posting[] =>
  withoutZeros([
    { account: 'bad_debt', amountNano },
    { account: 'receivable_usage', amountNano: -openUsageNano },
    { account: 'receivable', amountNano: openUsageNano - amountNano },
  ]);

/**
 * A credit note. Usage that a reversal has taken back already was a contract asset below zero, which this settles
 * (`contract_asset`); an amount given by hand lowers revenue now (`revenue_reduction`), and so does whatever is given back of
 * what the end of a period had added.
 */
export const creditNoteIssued = (
  from: 'contract_asset' | 'revenue_reduction',
  { usageNano, periodEndNano, collectNano, taxNano }: InvoiceAmounts,
): Posting[] =>
  withoutZeros([
    { account: from, amountNano: usageNano },
    { account: 'revenue_reduction', amountNano: periodEndNano },
    { account: 'vat_payable', amountNano: taxNano },
    { account: 'receivable_usage', amountNano: -usageNano },
    { account: 'receivable', amountNano: usageNano - collectNano },
    { account: 'rounding', amountNano: collectNano - usageNano - periodEndNano - taxNano },
  ]);

const withoutZeros = (postings: Posting[]): Posting[] =>
  postings.filter(({ amountNano }) => amountNano !== 0n);
