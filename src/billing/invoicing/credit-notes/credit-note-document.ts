import { documentSums, nothingDue, taxNotes, type IssuedDocument } from '../documents/invoice-document.js';
import { openDocument } from '../documents/sealed-document.js';
import type { Invoice } from '../invoice.js';
import type { CreditNoteDraft } from './credit-note.js';

/** The document of a credit note: the parties as they stand on the invoice it corrects, amounts above zero. */
export function creditNoteDocument(
  invoice: Invoice,
  draft: CreditNoteDraft,
  { number, at }: { number: string; at: Date },
): IssuedDocument {
  if (invoice.document === null) throw new Error(`invoice ${invoice.id} has no document`);
  const original = openDocument(invoice.document);
  return {
    ...original,
    type: 'credit_note',
    number,
    issued_at: at.toISOString(),
    due_at: '',
    original_number: original.number,
    original_issued_at: original.issued_at,
    ...documentSums(draft, invoice.currency),
    ...nothingDue(invoice.currency),
    notes: [draft.memo, ...taxNotes(draft.groups)],
    payment_details: '',
  };
}
