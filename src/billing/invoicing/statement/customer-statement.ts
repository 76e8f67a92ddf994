import { formatMinor } from '../../../core/currency.js';

/** One thing that changed what a customer owes; minor units, above zero when more is owed. */
export interface StatementEntry {
  at: Date;
  /** refund: the money of a credit note on a receipt went back to the payer. */
  kind: 'invoice' | 'receipt' | 'void' | 'credit_note' | 'refund' | 'payment';
  /** The number of the document it is about. */
  number: string;
  /** The bank's or the payment's reference; empty for documents. */
  reference: string;
  amountMinor: bigint;
}

/** A span of a customer's account; half-open. */
export interface CustomerAccount {
  currency: string;
  from: Date;
  to: Date;
  /** What was owed when the span began; below zero: owed to the customer. */
  openingMinor: bigint;
  /** In the order in which they happened. */
  entries: readonly StatementEntry[];
}

/** A customer's statement of account as the API shows it: what was owed before, what happened, what is owed now. */
export function showStatement({ currency, from, to, openingMinor, entries }: CustomerAccount) {
  let balance = openingMinor;
  const rows = entries.map((entry) => {
    balance += entry.amountMinor;
    return {
      at: entry.at.toISOString(),
      kind: entry.kind,
      number: entry.number,
      reference: entry.reference === '' ? null : entry.reference,
      amount: formatMinor(entry.amountMinor, currency),
      balance: formatMinor(balance, currency),
    };
  });
  return {
    object: 'customer_statement' as const,
    currency,
    from: from.toISOString(),
    to: to.toISOString(),
    opening_balance: formatMinor(openingMinor, currency),
    entries: rows,
    closing_balance: formatMinor(balance, currency),
  };
}
