import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';

/**
 * created: not sent yet. unknown: sent, and nobody knows whether it arrived. submitted: the provider has it, and it is
 * not through.
 */
export type RefundStatus = 'created' | 'unknown' | 'submitted' | 'succeeded' | 'failed';

/** Money on its way back to a payer. */
export interface Refund {
  /** UUID; also the provider's idempotency key. */
  id: string;
  organizationId: string;
  /** The payment given back, in part or whole. */
  attemptId: string;
  currency: string;
  amountMinor: bigint;
  amountNano: bigint;
  status: RefundStatus;
  reason: string;
  /** Null until the provider has named it. */
  providerRef: string | null;
  failureMessage: string | null;
  createdAt: Date;
  closedAt: Date | null;
}

const RANK: Readonly<Record<RefundStatus, number>> = {
  created: 0,
  unknown: 1,
  submitted: 2,
  succeeded: 3,
  // A bank may send a refund back days after it was reported as done.
  failed: 4,
};

/** True when `to` lies ahead of `from`. */
export const isRefundForward = (from: RefundStatus, to: RefundStatus): boolean => RANK[to] > RANK[from];

/** What is new in the facts; null when nothing is. */
export const refundNews = (refund: Refund, facts: { status: RefundStatus }): RefundStatus | null =>
  isRefundForward(refund.status, facts.status) ? facts.status : null;

/** A refund as the API shows it. */
export const refundView = (refund: Refund) => ({
  object: 'refund' as const,
  id: publicId('refund', refund.id),
  organization: publicId('organization', refund.organizationId),
  payment: publicId('payment', refund.attemptId),
  amount: formatNano(refund.amountNano),
  currency: refund.currency,
  status: refund.status,
  reason: refund.reason,
  provider_reference: refund.providerRef,
  failure_message: refund.failureMessage,
  created_at: refund.createdAt.toISOString(),
  closed_at: refund.closedAt?.toISOString() ?? null,
});
