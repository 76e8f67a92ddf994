import type { CreditKind } from '../ledger/posting.js';

/** A lot of credit given to a customer. */
export interface CreditGrant {
  /** UUID. */
  id: string;
  organizationId: string;
  walletId: string;
  currency: string;
  kind: CreditKind;
  /** What was given, > 0. */
  amountNano: bigint;
  /** What is left of it. */
  remainingNano: bigint;
  reason: string;
  /** Absent: never. */
  expiresAt?: Date | undefined;
  /** When tax on it is due: its sale, or its use. Without meaning for promo credit, a discount. */
  taxPoint: 'sale' | 'use';
  createdAt: Date;
}

/** What an admin asks for. */
export interface CreditOrder {
  organizationId: string;
  kind: CreditKind;
  amountNano: bigint;
  /** Must be the wallet's. */
  currency: string;
  reason: string;
  /** Absent: never. */
  expiresAt?: Date | undefined;
  /** Names this order once for ever; the same one again changes nothing. */
  idempotencyKey: string;
  /** When tax on it is due: its sale, already documented, or its use; absent: as its seller's setting says. */
  taxPoint?: 'sale' | 'use' | undefined;
  /** Who gives it, as the audit log names them. */
  createdBy: string;
}

/** Which lots pay first: presents, then apologies, then what was bought. */
export const PRIORITY: Readonly<Record<CreditKind, number>> = { promo: 10, goodwill: 20, paid: 30 };

/** True when a stored grant is what the order asks for, so that repeating the order is not a second one. */
export const isSameOrder = (grant: CreditGrant, order: CreditOrder): boolean =>
  grant.kind === order.kind &&
  grant.amountNano === order.amountNano &&
  grant.currency === order.currency &&
  grant.reason === order.reason &&
  (order.kind === 'promo' || order.taxPoint === undefined || grant.taxPoint === order.taxPoint) &&
  grant.expiresAt?.getTime() === order.expiresAt?.getTime();

/**
 * How much of an expired lot can be taken now. Money under open holds stays: their calls were admitted while the
 * lot was good. `freeNano` is the wallet's balance less its holds, and may be negative.
 */
export function expirableNano(remainingNano: bigint, freeNano: bigint): bigint {
  if (freeNano <= 0n) return 0n;
  return remainingNano < freeNano ? remainingNano : freeNano;
}
