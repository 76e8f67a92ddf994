import { formatMinor } from '../../../core/currency.js';
import { formatUnitPrice } from '../../../core/money.js';
import type { DraftLine } from '../draft-invoice.js';
import type { RoundedLine, RoundedLines, TaxGroup } from '../minor-shares.js';
import { TAX_NOTES } from '../tax/tax-decision.js';

/** A party as it stands on a document; texts may be empty. */
export interface Party {
  name: string;
  address: string;
  /** ISO 3166-1 alpha-2; empty: not known. */
  country: string;
  vat_id: string;
}

/** A line as it stands on a document; absent texts are empty. */
export interface DocumentLine {
  description: string;
  quantity: string;
  unit: string;
  /** Per 1M tokens, or per call. */
  unit_price: string;
  tax_category: string;
  /** Per cent: "19", "8.875". */
  tax_rate: string;
  amount: string;
}

/**
 * The tax of one category and rate as it stands on a document: `rate` in per cent, `base` and `tax` in major units with
 * the currency's own decimals.
 */
export interface DocumentTax {
  category: string;
  rate: string;
  base: string;
  tax: string;
}

/**
 * What is issued: all that the PDF shows and nothing else, in texts. It is stored as canonical JSON and hashed, so
 * that nobody can change afterwards what was sent.
 */
export interface IssuedDocument {
  version: 1;
  type: 'invoice' | 'statement' | 'receipt' | 'credit_note';
  number: string;
  currency: string;
  issued_at: string;
  /** Empty on what nothing is due on. */
  due_at: string;
  /** Empty on what is about no period. */
  period_start: string;
  /** Exclusive. */
  period_end: string;
  time_zone: string;
  seller: Party;
  buyer: Party;
  po_number: string;
  /** Of a credit note: the number and date of the invoice it corrects. */
  original_number: string;
  original_issued_at: string;
  lines: DocumentLine[];
  taxes: DocumentTax[];
  net: string;
  tax: string;
  total: string;
  prepaid: string;
  /** Credit notes that paid a part of it: number and amount. */
  credits: { number: string; amount: string }[];
  due: string;
  notes: string[];
  payment_details: string;
}

/** Parts per million as per cent, without needless zeros: 190,000 → "19", 88,750 → "8.875". */
export function percentText(ratePpm: number): string {
  const digits = ratePpm.toString().padStart(5, '0');
  return `${digits.slice(0, -4)}.${digits.slice(-4)}`.replace(/\.?0+$/, '');
}

/** A line that can be printed: of an invoice, a receipt or a credit note; `usage` absent: it is of no quantity. */
type PrintableLine = Partial<DraftLine> & Pick<DraftLine, 'description' | 'amountNano' | 'tax'>;

/** The lines of a draft and their sums as they are printed. */
export const documentSums = (draft: RoundedLines<PrintableLine>, currency: string) => ({
  lines: documentLines(draft.lines, currency),
  taxes: documentTaxes(draft.groups, currency),
  net: formatMinor(draft.netMinor, currency),
  tax: formatMinor(draft.taxMinor, currency),
  total: formatMinor(draft.totalMinor, currency),
});

/** What a document says that asks for no money. */
export const nothingDue = (currency: string) => ({
  prepaid: formatMinor(0n, currency),
  credits: [],
  due: formatMinor(0n, currency),
});

/** Lines as they are printed. */
export function documentLines(
  lines: readonly RoundedLine<PrintableLine>[],
  currency: string,
): DocumentLine[] {
  return lines.map(({ description, usage, amountMinor, tax }) => {
    const isPerCall = usage?.tokenClass.startsWith('search') === true;
    return {
      description,
      quantity: usage ? usage.quantity.toString() : '',
      unit: usage ? (isPerCall ? 'calls' : 'tokens') : '',
      unit_price: usage ? formatUnitPrice(usage.unitPricePico, isPerCall ? 'per_call' : 'per_million') : '',
      tax_category: tax.category,
      tax_rate: percentText(tax.ratePpm),
      amount: formatMinor(amountMinor, currency),
    };
  });
}

/** The tax groups as they are printed. */
export const documentTaxes = (groups: readonly TaxGroup[], currency: string): DocumentTax[] =>
  groups.map((group) => ({
    category: group.category,
    rate: percentText(group.ratePpm),
    base: formatMinor(group.baseMinor, currency),
    tax: formatMinor(group.taxMinor, currency),
  }));

/** What must be said about the taxes that are not charged. */
export const taxNotes = (groups: readonly TaxGroup[]): string[] => [
  ...new Set(
    groups.flatMap(({ category }) => {
      const note = TAX_NOTES[category];
      return note === undefined ? [] : [note];
    }),
  ),
];
