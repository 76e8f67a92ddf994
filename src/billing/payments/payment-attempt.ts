import { minorToNano } from '../../core/currency.js';
import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import type { ProviderName } from './payment-gateway.js';

/** States of a try to collect an amount; they only move forward (the database checks it too). */
export const ATTEMPT_STATUSES = [
  'created',
  'submitted',
  'unknown',
  'requires_action',
  'succeeded',
  'failed',
  'canceled',
] as const;
/** Where an attempt stands. */
export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number];

/** What an attempt collects money for. */
export const PURPOSES = ['top_up', 'invoice'] as const;
/** One of them. */
export type PaymentPurpose = (typeof PURPOSES)[number];

/** One try to collect an amount from one payment method. */
export interface PaymentAttempt {
  /** UUID; also the provider's idempotency key, so that the same try can never become two charges. */
  id: string;
  organizationId: string;
  purpose: PaymentPurpose;
  /** UUID of the top-up or invoice. */
  purposeId: string;
  /** 1 for the first try of a purpose. */
  attemptNo: number;
  /** UUID. */
  paymentMethodId: string;
  provider: ProviderName;
  currency: string;
  /** ISO 4217 minor units, > 0. */
  amountMinor: bigint;
  amountNano: bigint;
  status: AttemptStatus;
  /** The provider's object; null until it was made and stored. */
  providerRef: string | null;
  /** Null unless it failed. */
  declineCode: string | null;
  failureMessage: string | null;
  /** What the provider keeps, in minor units; null: not known. */
  feeMinor: bigint | null;
  createdAt: Date;
  submittedAt: Date | null;
  closedAt: Date | null;
  /** How often it was asked after. */
  polls: number;
}

const RANK: Readonly<Record<AttemptStatus, number>> = {
  created: 0,
  submitted: 1,
  unknown: 2,
  requires_action: 3,
  succeeded: 4,
  failed: 4,
  canceled: 4,
};

/** True when nothing more can happen to it. */
export const isClosed = (status: AttemptStatus): boolean => RANK[status] === RANK.succeeded;

/** True when `to` lies ahead of `from`; news that does not is old and changes nothing. */
export const isForward = (from: AttemptStatus, to: AttemptStatus): boolean => RANK[to] > RANK[from];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** An attempt without an outcome is asked after for this long; then only people can help. */
export const POLL_UNTIL_MS = 72 * HOUR_MS;
/** The payer has this long to authenticate; then the attempt is canceled so that another can be made. */
export const ACTION_TTL_MS = 23 * HOUR_MS;
/** How long a provider remembers an idempotency key. */
export const KEY_TTL_MS = 23 * HOUR_MS;

/** How long after a look the next one is due: 1, 5 and 30 minutes, then hourly; null once 72 hours have passed. */
export function nextPollDelayMs(polls: number, ageMs: number): number | null {
  if (ageMs >= POLL_UNTIL_MS) return null;
  const steps = [MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS];
  return steps[polls] ?? HOUR_MS;
}

/** How many declines in a row make a payment method unusable. */
export const MAX_DECLINES = 3;

/** A payment as the API shows it; money with its currency beside it. */
export function paymentView(attempt: PaymentAttempt) {
  return {
    object: 'payment' as const,
    id: publicId('payment', attempt.id),
    organization: publicId('organization', attempt.organizationId),
    purpose: attempt.purpose,
    purpose_id: attempt.purpose === 'top_up' ? publicId('topUp', attempt.purposeId) : attempt.purposeId,
    attempt: attempt.attemptNo,
    payment_method: publicId('paymentMethod', attempt.paymentMethodId),
    provider: attempt.provider,
    provider_reference: attempt.providerRef,
    amount: formatNano(attempt.amountNano),
    fee: attempt.feeMinor === null ? null : formatNano(minorToNano(attempt.feeMinor, attempt.currency)),
    currency: attempt.currency,
    status: attempt.status,
    decline_code: attempt.declineCode,
    failure_message: attempt.failureMessage,
    created_at: attempt.createdAt.toISOString(),
    closed_at: attempt.closedAt?.toISOString() ?? null,
  };
}
