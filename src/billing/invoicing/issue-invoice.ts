import { formatMinor, minorToNano } from '../../core/currency.js';
import type { InvoiceAmounts } from '../ledger/invoice-posting.js';
import { sumApplications, type Application } from './credit-notes/credit-balance.js';
import { documentSums, taxNotes, type IssuedDocument } from './documents/invoice-document.js';
import type { InvoiceDraft } from './draft-invoice.js';
import type { BillingFacts } from './drafts.repository.js';

const DAY_MS = 86_400_000;

/** Where a draft gets its number, its date and its credit from. */
export interface Issue {
  facts: BillingFacts;
  draft: InvoiceDraft;
  number: string;
  at: Date;
  applications: readonly Application[];
}

/** When an invoice is due: so many days of 24 hours after it was issued. */
export const dueDate = (issuedAt: Date, netDays: number): Date =>
  new Date(issuedAt.getTime() + netDays * DAY_MS);

/** What is left to pay of a draft after prepaid credit, in minor units. */
export const collectMinor = (draft: Pick<InvoiceDraft, 'totalMinor' | 'prepaidMinor'>): bigint =>
  draft.totalMinor - draft.prepaidMinor;

/** What issuing a draft posts. */
export const issuedAmounts = (
  draft: Pick<InvoiceDraft, 'totalMinor' | 'prepaidMinor' | 'taxMinor' | 'usageNano' | 'periodEndNano'>,
  currency: string,
): InvoiceAmounts => ({
  usageNano: draft.usageNano,
  periodEndNano: draft.periodEndNano,
  collectNano: minorToNano(collectMinor(draft), currency),
  taxNano: minorToNano(draft.taxMinor, currency),
});

/** The document that is issued of a draft. */
export function documentOf({ facts, draft, number, at, applications }: Issue): IssuedDocument {
  const { currency } = facts;
  const due = collectMinor(draft) - sumApplications(applications).amountMinor;
  const money = (minor: bigint) => formatMinor(minor, currency);
  return {
    version: 1,
    type: draft.kind,
    number,
    currency,
    issued_at: at.toISOString(),
    due_at: due > 0n ? dueDate(at, facts.netDays).toISOString() : '',
    period_start: facts.startsAt.toISOString(),
    period_end: facts.endsAt.toISOString(),
    time_zone: facts.timeZone,
    seller: facts.seller,
    buyer: facts.buyer,
    po_number: facts.poNumber,
    original_number: '',
    original_issued_at: '',
    ...documentSums(draft, currency),
    prepaid: money(draft.prepaidMinor),
    credits: applications.map((part) => ({ number: part.numberText, amount: money(part.amountMinor) })),
    due: money(due),
    notes: taxNotes(draft.groups),
    payment_details: due > 0n ? facts.paymentDetails : '',
  };
}
