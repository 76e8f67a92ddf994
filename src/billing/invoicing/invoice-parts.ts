import { formatMinor } from '../../core/currency.js';
import { publicId } from '../../core/ids.js';
import { formatNano, formatPico } from '../../core/money.js';

/**
 * A stored line; numbers of PostgreSQL's bigint and numeric as digits. Model, class, price version, quantity and unit price
 * are null on lines that are not usage of one price (minimum commitments, packages, credit).
 */
export interface StoredLine {
  /** Its place on the invoice, from 1. */
  seq: number;
  kind: string;
  description: string;
  modelId: string | null;
  tokenClass: string | null;
  priceVersionId: string | null;
  /** Tokens, or pieces of what is priced by the piece. */
  quantity: string | null;
  unitPricePico: string | null;
  /** Before tax, exact. */
  amountNano: string;
  /** The same as it stands on the invoice, in minor units of its currency. */
  amountMinor: string;
  taxCategory: string;
  /** Parts per million: 190,000 are 19 %. */
  taxRatePpm: number;
}

/**
 * The tax of one category and rate of an invoice; minor units of its currency as digits, the rate in parts per million.
 */
export interface StoredTax {
  taxCategory: string;
  taxRatePpm: number;
  baseMinor: string;
  taxMinor: string;
}

/** Money that came in for an invoice; minor units of its currency as digits. */
export interface StoredPayment {
  amountMinor: string;
  /** returned: given back before, and come back. */
  method: 'charge' | 'bank_transfer' | 'returned';
  reference: string;
  receivedAt: Date;
}

/** A line as the API shows it; `exact` is the amount before it was rounded to the currency. */
export const showLine = (line: StoredLine, currency: string) => ({
  line: line.seq,
  kind: line.kind,
  description: line.description,
  model: line.modelId,
  token_class: line.tokenClass,
  price: line.priceVersionId === null ? null : publicId('price', line.priceVersionId),
  quantity: line.quantity,
  unit_price: line.unitPricePico === null ? null : formatPico(BigInt(line.unitPricePico)),
  exact: formatNano(BigInt(line.amountNano)),
  amount: formatMinor(BigInt(line.amountMinor), currency),
  tax_category: line.taxCategory,
  tax_rate_ppm: line.taxRatePpm,
});

/** A tax group as the API shows it. */
export const showTax = (tax: StoredTax, currency: string) => ({
  tax_category: tax.taxCategory,
  tax_rate_ppm: tax.taxRatePpm,
  base: formatMinor(BigInt(tax.baseMinor), currency),
  tax: formatMinor(BigInt(tax.taxMinor), currency),
});

/** Money received, as the API shows it. */
export const showPayment = (payment: StoredPayment, currency: string) => ({
  method: payment.method,
  reference: payment.method === 'charge' ? publicId('payment', payment.reference) : payment.reference,
  amount: formatMinor(BigInt(payment.amountMinor), currency),
  received_at: payment.receivedAt.toISOString(),
});
