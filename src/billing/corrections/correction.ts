import { FaregateError, invalidRequest } from '../../core/errors.js';
import { publicId } from '../../core/ids.js';
import { roundPicoToNano } from '../../core/money.js';
import type { CreditReason } from '../invoicing/credit-notes/credit-note.js';

/** A correction of charges: each is taken back, and made anew unless it is only taken back. */
export interface Correction {
  /** UUID. */
  id: string;
  organizationId: string;
  reason: CreditReason;
  memo: string;
  /** recorded: the charges are changed. settled: posted, and credited where they were invoiced. */
  status: 'recorded' | 'settled';
  createdAt: Date;
}

/** A line of a charge that is to be corrected. Quantities are ≥ 0; amounts nano. */
export interface ChargedLine {
  tokenClass: string;
  quantity: bigint;
  priceVersionId: string;
  unitPricePico: bigint;
  costPriceVersionId: string | null;
  costNano: bigint;
}

/** A charge that is to be corrected, and what has become of it. */
export interface ChargedEvent {
  id: string;
  requestId: string;
  modelId: string;
  pricedAt: Date;
  reversed: boolean;
  /** Whether it lies in the period that is open now. */
  inOpenPeriod: boolean;
  /** The status of the document of its period; null: none yet. */
  documentStatus: 'draft' | 'finalized' | 'paid' | 'uncollectible' | null;
  lines: readonly ChargedLine[];
}

/** A price that a correction charges. */
export interface CorrectingPrice {
  id: string;
  modelId: string;
  tokenClass: string;
  unitPricePico: bigint;
  validFrom: Date;
  /** Null: still open. */
  validTo: Date | null;
}

/** A new line as the database takes it; bigints as digits. */
export interface NewLine {
  class: string;
  quantity: string;
  price: string;
  pico: string;
  amount: string;
  cost_price: string | null;
  cost: string;
}

/**
 * What one event is charged anew, as the database takes it; `priced_at` is the instant whose prices hold (RFC 3339).
 */
export interface NewCharge {
  priced_at: string;
  lines: NewLine[];
}

/** Throws conflict when a charge cannot be corrected now; `index` is its place in the order. */
export function assertCorrectable(event: ChargedEvent, index: number): void {
  const where = { param: `events.${index}` };
  if (event.reversed) {
    throw new FaregateError('conflict', `${publicId('event', event.id)} was corrected before.`, {
      ...where,
      code: 'already_corrected',
    });
  }
  const isIssued = event.documentStatus !== null && event.documentStatus !== 'draft';
  if (event.inOpenPeriod || isIssued) return;
  throw new FaregateError(
    'conflict',
    `${publicId('event', event.id)} lies in a period that is not invoiced yet; close it and finalize its document first.`,
    { ...where, code: 'period_not_invoiced' },
  );
}

/**
 * The same usage at other prices; a class without another price keeps its own. `now` is the database's time. Throws
 * invalid_request when the prices do not all hold at one time: now, or when the call was priced.
 */
export function chargeAnew(event: ChargedEvent, prices: readonly CorrectingPrice[], now: Date): NewCharge {
  const mine = prices.filter((price) => price.modelId === event.modelId);
  const lines = event.lines.map((line): NewLine => {
    const price = mine.find((candidate) => candidate.tokenClass === line.tokenClass);
    const pico = price?.unitPricePico ?? line.unitPricePico;
    return {
      class: line.tokenClass,
      quantity: line.quantity.toString(),
      price: price?.id ?? line.priceVersionId,
      pico: pico.toString(),
      amount: roundPicoToNano(line.quantity * pico).toString(),
      cost_price: line.costPriceVersionId,
      cost: line.costNano.toString(),
    };
  });
  const keepsSome = lines.some((line) => !mine.some((price) => price.id === line.price));
  const holdAt = (at: Date) =>
    mine.every(({ validFrom, validTo }) => validFrom <= at && (validTo === null || at < validTo));
  if (holdAt(event.pricedAt)) return { priced_at: event.pricedAt.toISOString(), lines };
  if (!keepsSome && holdAt(now)) return { priced_at: now.toISOString(), lines };
  throw invalidRequest(
    'prices must all hold now, with one for every token class, or all when the call was made',
    'prices',
    'price_not_valid',
  );
}

/** A correction as the API shows it. */
export const showCorrection = (correction: Correction, creditNotes: readonly string[]) => ({
  object: 'correction' as const,
  id: publicId('correction', correction.id),
  organization: publicId('organization', correction.organizationId),
  reason: correction.reason,
  memo: correction.memo,
  status: correction.status,
  credit_notes: creditNotes,
  created_at: correction.createdAt.toISOString(),
});
