import { formatMinor } from '../../core/currency.js';
import { publicId } from '../../core/ids.js';
import { formatNano, formatPico } from '../../core/money.js';

/** A stored line; numbers of PostgreSQL's bigint and numeric as digits. */
export interface StoredLine {
  seq: number;
  kind: string;
  description: string;
  modelId: string | null;
  tokenClass: string | null;
  priceVersionId: string | null;
  quantity: string | null;
  unitPricePico: string | null;
  amountNano: string;
  amountMinor: string;
  taxCategory: string;
  taxRatePpm: number;
}

export interface StoredTax {
  taxCategory: string;
  taxRatePpm: number;
  baseMinor: string;
  taxMinor: string;
}

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
