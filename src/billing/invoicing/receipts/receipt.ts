import { roundToMinor } from '../../../core/currency.js';
import {
  draftCreditNote,
  type Creditable,
  type CreditNoteDraft,
  type NoteReason,
} from '../credit-notes/credit-note.js';
import { documentSums, nothingDue, taxNotes, type IssuedDocument } from '../documents/invoice-document.js';
import { roundLines, type RoundedLines } from '../minor-shares.js';
import type { TaxParties } from '../parties/tax-parties.js';
import type { Tax } from '../tax/tax-decision.js';

/** The one line of a receipt: credit that was sold, before its tax. */
export interface ReceiptLine {
  description: string;
  amountNano: bigint;
  tax: Tax;
}

/** A receipt and what earlier credit notes have left of it. */
export interface OpenReceipt {
  /** UUID of the receipt. */
  invoiceId: string;
  creditable: Creditable;
}

/** A credit note on one receipt. */
export interface ReceiptCredit {
  invoiceId: string;
  amountNano: bigint;
  draft: CreditNoteDraft;
}

/** The amounts of a receipt. A sale of less than half a minor unit has no document: `netMinor` is 0. */
export const draftReceipt = (amountNano: bigint, tax: Tax, currency: string): RoundedLines<ReceiptLine> =>
  roundLines([{ description: 'Prepaid credit', amountNano, tax }], currency);

/** The document of a receipt: paid when it is issued, about no period. */
export function receiptDocument(
  { seller, buyer, poNumber, timeZone }: TaxParties,
  draft: RoundedLines<ReceiptLine>,
  { number, at, currency, payment }: { number: string; at: Date; currency: string; payment: string },
): IssuedDocument {
  return {
    version: 1,
    type: 'receipt',
    number,
    currency,
    issued_at: at.toISOString(),
    due_at: '',
    period_start: '',
    period_end: '',
    time_zone: timeZone,
    seller,
    buyer,
    po_number: poNumber,
    original_number: '',
    original_issued_at: '',
    ...documentSums(draft, currency),
    ...nothingDue(currency),
    notes: [payment, ...taxNotes(draft.groups)],
    payment_details: '',
  };
}

/**
 * Credit notes for credit that is taken back, at most `limitNano` of it, from the receipts in their order. What comes to
 * less than the smallest unit of the currency on a receipt is left there.
 */
export function creditReceipts(
  receipts: readonly OpenReceipt[],
  limitNano: bigint,
  why: { reason: NoteReason; memo: string },
): ReceiptCredit[] {
  const credits: ReceiptCredit[] = [];
  let open = limitNano;
  for (const { invoiceId, creditable } of receipts) {
    const [line] = creditable.lines;
    const [group] = creditable.groups;
    if (!line || !group) throw new Error(`receipt ${invoiceId} has no line`);
    const left = line.amountNano - line.creditedNano;
    const amountNano = open < left ? open : left;
    if (roundToMinor(amountNano, creditable.currency) <= 0n || group.baseMinor <= 0n) continue;
    const draft = draftCreditNote(creditable, [{ seq: line.seq, amountNano }], why);
    credits.push({ invoiceId, amountNano, draft });
    open -= amountNano;
  }
  return credits;
}
