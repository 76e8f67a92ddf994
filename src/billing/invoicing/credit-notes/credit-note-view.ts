import { formatMinor } from '../../../core/currency.js';
import { publicId } from '../../../core/ids.js';
import type { CreditNote } from './credit-note.js';

/** A credit note as the API shows it; `remaining` pays the customer's next invoices: nothing where the money was refunded. */
export function showCreditNote(note: CreditNote) {
  const money = (minor: bigint) => formatMinor(minor, note.currency);
  return {
    object: 'credit_note' as const,
    id: publicId('creditNote', note.id),
    number: note.numberText,
    invoice: publicId('invoice', note.invoiceId),
    organization: publicId('organization', note.organizationId),
    correction: note.correctionId === null ? null : publicId('correction', note.correctionId),
    reason: note.reason,
    memo: note.memo,
    currency: note.currency,
    net: money(note.netMinor),
    tax: money(note.taxMinor),
    total: money(note.totalMinor),
    remaining: money(note.clawBackId === null ? note.totalMinor - note.appliedMinor : 0n),
    content_sha256: note.contentSha256,
    issued_at: note.issuedAt.toISOString(),
  };
}
