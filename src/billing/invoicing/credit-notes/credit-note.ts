import { invalidRequest } from '../../../core/errors.js';
import { isPeriodEndCharge, type LineKind } from '../draft-invoice.js';
import { roundLines, taxOn, type RoundedLine, type TaxGroup } from '../minor-shares.js';
import type { Tax } from '../tax/tax-decision.js';

/** Why money is given back. */
export const CREDIT_REASONS = [
  'price_correction',
  'usage_correction',
  'service_failure',
  'goodwill',
  'other',
] as const;
/** Why credit is given on an invoice. */
export type CreditReason = (typeof CREDIT_REASONS)[number];

/** The same, and credit on a receipt whose money goes back to the payer. */
export type NoteReason = CreditReason | 'refund' | 'dispute';

/** An issued credit note; minor units unless they say nano. */
export interface CreditNote {
  /** UUID. */
  id: string;
  invoiceId: string;
  organizationId: string;
  walletId: string;
  numberText: string;
  reason: NoteReason;
  memo: string;
  /** The correction it settles; null: an amount given by hand. */
  correctionId: string | null;
  /** The claw-back whose money went back to the payer; null: the note pays invoices. */
  clawBackId: string | null;
  currency: string;
  netMinor: bigint;
  taxMinor: bigint;
  totalMinor: bigint;
  /** What of the total has paid invoices; the rest pays the next ones. */
  appliedMinor: bigint;
  usageNano: bigint;
  /** What it gives back of charges of a period's end. */
  periodEndNano: bigint;
  document: string;
  contentSha256: string;
  issuedAt: Date;
}

/** A line of the invoice that is credited. */
export interface CreditableLine {
  seq: number;
  kind: LineKind;
  description: string;
  modelId: string | null;
  tokenClass: string | null;
  priceVersionId: string | null;
  amountNano: bigint;
  amountMinor: bigint;
  /** What earlier notes gave back of it. */
  creditedNano: bigint;
  tax: Tax;
}

/** How much of a line to give back; exact. */
export interface CreditedPart {
  seq: number;
  amountNano: bigint;
}

/**
 * A line of a credit note: what is given back of the invoice's line `invoiceSeq`, before tax, with the tax of that
 * line.
 */
export interface CreditNoteLine {
  invoiceSeq: number;
  description: string;
  amountNano: bigint;
  tax: Tax;
  kind: LineKind;
}

/** Everything of a credit note but its parties and its number. */
export interface CreditNoteDraft {
  reason: NoteReason;
  memo: string;
  lines: RoundedLine<CreditNoteLine>[];
  groups: TaxGroup[];
  netMinor: bigint;
  taxMinor: bigint;
  totalMinor: bigint;
  usageNano: bigint;
  /** What it gives back of charges of a period's end. */
  periodEndNano: bigint;
}

/** What is left to be credited of an invoice. */
export interface Creditable {
  currency: string;
  lines: readonly CreditableLine[];
  /** What earlier notes have left of each tax group. */
  groups: readonly TaxGroup[];
}

/** What a credit note is asked to give back. */
export interface CreditNoteOrder {
  invoiceId: string;
  /** Chosen from what is left of the invoice's lines. */
  parts: (creditable: Creditable) => CreditedPart[];
  reason: CreditReason;
  memo: string;
  /** The correction whose reversals it settles; absent: an amount given by hand. */
  correctionId?: string | undefined;
  /** Names this order once for ever; the same one again answers the note it made. */
  idempotencyKey: string;
}

/**
 * Gives back parts of an invoice's lines with the tax they bore. Never more than is left of a line or of a tax group;
 * a note that takes all that is left of a group takes exactly its tax too. Throws invalid_request naming `lines`.
 */
export function draftCreditNote(
  { currency, lines, groups }: Creditable,
  parts: readonly CreditedPart[],
  { reason, memo }: { reason: NoteReason; memo: string },
): CreditNoteDraft {
  const rounded = roundLines(
    parts.map((part, index) => creditedLine(lines, part, index)),
    currency,
  );
  const kept = rounded.groups.map((group) => limitGroup(group, groups));
  rounded.groups.forEach((group, index) => {
    shortenLine(rounded.lines, group, group.baseMinor - (kept[index]?.baseMinor ?? 0n));
  });
  const netMinor = kept.reduce((sum, { baseMinor }) => sum + baseMinor, 0n);
  const taxMinor = kept.reduce((sum, { taxMinor: tax }) => sum + tax, 0n);
  if (netMinor + taxMinor <= 0n) {
    throw invalidRequest('lines come to less than the smallest unit of the currency', 'lines');
  }
  const sumOf = (isOne: (kind: LineKind) => boolean): bigint =>
    rounded.lines.reduce((sum, { kind, amountNano }) => (isOne(kind) ? sum + amountNano : sum), 0n);
  return {
    reason,
    memo,
    lines: rounded.lines,
    groups: kept,
    netMinor,
    taxMinor,
    totalMinor: netMinor + taxMinor,
    usageNano: sumOf((kind) => !isPeriodEndCharge(kind)),
    periodEndNano: sumOf(isPeriodEndCharge),
  };
}

/** Lines that charge something, as opposed to those that take off. */
const isCharge = (kind: LineKind): boolean =>
  kind === 'usage' || kind === 'credit' || isPeriodEndCharge(kind);

function creditedLine(
  lines: readonly CreditableLine[],
  { seq, amountNano }: CreditedPart,
  index: number,
): CreditNoteLine {
  const line = lines.find((candidate) => candidate.seq === seq);
  if (!line || !isCharge(line.kind)) {
    throw invalidRequest(
      `lines.${index}.line ${seq} is no line of this invoice that charges anything`,
      `lines.${index}.line`,
    );
  }
  if (amountNano <= 0n || amountNano > line.amountNano - line.creditedNano) {
    throw invalidRequest(
      `lines.${index}.amount is more than is left of line ${seq}`,
      `lines.${index}.amount`,
      'credit_exceeds_line',
    );
  }
  const { description, tax, kind } = line;
  return { invoiceSeq: seq, description, amountNano, tax, kind };
}

/**
 * All that is left of an invoice, as parts of the lines that charge: what credit and earlier notes took off comes off the
 * usage, the lines with the most left first, so that no line gives more than it has.
 */
export function remainingParts({ lines }: Pick<Creditable, 'lines'>): CreditedPart[] {
  const isPaying = ({ kind, amountNano }: CreditableLine) => isCharge(kind) && amountNano > 0n;
  const charged = lines
    .filter(isPaying)
    .map(({ seq, kind, amountNano, creditedNano }) => ({ seq, kind, amountNano: amountNano - creditedNano }))
    .sort(byUsageThenAmount);
  let open = lines.filter((line) => !isPaying(line)).reduce((sum, { amountNano }) => sum - amountNano, 0n);
  for (const part of charged) {
    const taken = open > part.amountNano ? part.amountNano : open > 0n ? open : 0n;
    part.amountNano -= taken;
    open -= taken;
  }
  return charged
    .filter(({ amountNano }) => amountNano > 0n)
    .map(({ seq, amountNano }) => ({ seq, amountNano }))
    .sort((a, b) => a.seq - b.seq);
}

function byUsageThenAmount(a: CreditedPart & { kind: LineKind }, b: typeof a): number {
  const last = Number(isPeriodEndCharge(a.kind)) - Number(isPeriodEndCharge(b.kind));
  if (last !== 0) return last;
  return a.amountNano === b.amountNano ? a.seq - b.seq : a.amountNano > b.amountNano ? -1 : 1;
}

/** Takes what its group may not give back off a line: a single minor unit, left over from rounding. */
function shortenLine(lines: RoundedLine<CreditNoteLine>[], group: Tax, byMinor: bigint): void {
  const line = lines.find(
    ({ tax, amountMinor }) =>
      tax.category === group.category && tax.ratePpm === group.ratePpm && amountMinor >= byMinor,
  );
  if (line) line.amountMinor -= byMinor;
}

function limitGroup(group: TaxGroup, left: readonly TaxGroup[]): TaxGroup {
  const rest = left.find(
    (candidate) => candidate.category === group.category && candidate.ratePpm === group.ratePpm,
  );
  if (!rest || group.baseMinor > rest.baseMinor + 1n) {
    throw invalidRequest('lines give back more than was charged', 'lines', 'credit_exceeds_invoice');
  }
  if (group.baseMinor >= rest.baseMinor) return rest;
  const taxMinor = taxOn(group.baseMinor, group.ratePpm);
  return { ...group, taxMinor: taxMinor < rest.taxMinor ? taxMinor : rest.taxMinor };
}
