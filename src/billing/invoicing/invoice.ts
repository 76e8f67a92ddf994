import { FaregateError } from '../../core/errors.js';

/**
 * draft: can change. finalized: issued and owed. paid: nothing is owed any more. void: issued, and never to be paid;
 * its number stays. uncollectible: owed, and written off, because nobody expects it to be paid.
 */
export const INVOICE_STATUSES = ['draft', 'finalized', 'paid', 'void', 'uncollectible'] as const;
/** Where an invoice stands. */
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

/** invoice: something may be owed. statement: usage that credit has paid. receipt: credit that was taxed when it was sold. */
export const INVOICE_KINDS = ['invoice', 'statement', 'receipt'] as const;
/** What sort of document it is; credit notes are documents of their own. */
export type InvoiceKind = (typeof INVOICE_KINDS)[number];

/** none: not late, or nobody was reminded. cured: was suspended, has paid. */
export type Dunning = 'none' | 'reminded' | 'suspended' | 'cured';

/** What can happen to an invoice. */
export type InvoiceEvent = 'finalize' | 'pay' | 'void' | 'write_off';

const TRANSITIONS: Readonly<Record<InvoiceStatus, Partial<Record<InvoiceEvent, InvoiceStatus>>>> = {
  draft: { finalize: 'finalized' },
  finalized: { pay: 'paid', void: 'void', write_off: 'uncollectible' },
  paid: {},
  void: {},
  // It may be paid after all.
  uncollectible: { pay: 'paid' },
};

const WHY: Readonly<Record<InvoiceEvent, string>> = {
  finalize: 'Only a draft can be finalized',
  pay: 'Only a finalized invoice can be paid',
  write_off: 'Only a finalized invoice can be written off',
  void: 'Only a finalized invoice that nothing was paid on can be voided',
};

/** The status after an event; null when it cannot happen now. */
export const nextStatus = (status: InvoiceStatus, event: InvoiceEvent): InvoiceStatus | null =>
  TRANSITIONS[status][event] ?? null;

/** The status after an event. Throws conflict (`invoice_status`) when it cannot happen now. */
export function advance(status: InvoiceStatus, event: InvoiceEvent): InvoiceStatus {
  const next = nextStatus(status, event);
  if (next !== null) return next;
  throw new FaregateError('conflict', `${WHY[event]}; this one is ${status}.`, { code: 'invoice_status' });
}

/** An invoice or statement. Amounts in minor units unless they say nano. */
export interface Invoice {
  /** UUID. */
  id: string;
  kind: InvoiceKind;
  status: InvoiceStatus;
  organizationId: string;
  walletId: string;
  legalEntityId: string;
  /** Null: a receipt, which is of no period. */
  periodId: string | null;
  /** "INV-000042"; null while a draft. */
  numberText: string | null;
  currency: string;
  netMinor: bigint;
  taxMinor: bigint;
  totalMinor: bigint;
  /** Paid from prepaid credit before it was issued. */
  prepaidMinor: bigint;
  /** Paid by credit notes. */
  appliedMinor: bigint;
  /** Paid in money. */
  paidMinor: bigint;
  /** The exact usage it collects, and what of it still stands against the customer's credit. */
  usageNano: bigint;
  openUsageNano: bigint;
  /** What the end of the period added to it: what a minimum commitment lacked. */
  periodEndNano: bigint;
  /** What was issued, as canonical JSON, and its SHA-256 in hex; null while a draft. */
  document: string | null;
  contentSha256: string | null;
  createdAt: Date;
  finalizedAt: Date | null;
  dueAt: Date | null;
  paidAt: Date | null;
  voidedAt: Date | null;
  collectionTries: number;
  /** When the next try to collect or remind is due; null: none is. */
  collectAt: Date | null;
  dunning: Dunning;
}

/** The period of an invoice or statement. Throws for a receipt, which has none. */
export function periodOf({ id, periodId }: Pick<Invoice, 'id' | 'periodId'>): string {
  if (periodId === null) throw new Error(`${id} is a receipt and of no period`);
  return periodId;
}

/** What is still to be paid, in minor units; 0 for what is void. */
export const amountDue = (
  invoice: Pick<Invoice, 'status' | 'totalMinor' | 'prepaidMinor' | 'appliedMinor' | 'paidMinor'>,
): bigint =>
  invoice.status === 'void'
    ? 0n
    : invoice.totalMinor - invoice.prepaidMinor - invoice.appliedMinor - invoice.paidMinor;

/** A series' number as it is printed: its prefix and at least six digits. */
export const numberText = (prefix: string, number: bigint): string =>
  `${prefix}${number.toString().padStart(6, '0')}`;
