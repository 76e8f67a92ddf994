import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';

/** A payment that the payer's bank questions. */
export interface Dispute {
  /** UUID. */
  id: string;
  organizationId: string;
  attemptId: string;
  providerRef: string;
  currency: string;
  amountNano: bigint;
  reason: string;
  /** It opens once and ends once. */
  status: 'open' | 'won' | 'lost';
  openedAt: Date;
  closedAt: Date | null;
}

/** A dispute as the API shows it. */
export const disputeView = (dispute: Dispute) => ({
  object: 'dispute' as const,
  id: publicId('dispute', dispute.id),
  organization: publicId('organization', dispute.organizationId),
  payment: publicId('payment', dispute.attemptId),
  provider_reference: dispute.providerRef,
  amount: formatNano(dispute.amountNano),
  currency: dispute.currency,
  reason: dispute.reason,
  status: dispute.status,
  opened_at: dispute.openedAt.toISOString(),
  closed_at: dispute.closedAt?.toISOString() ?? null,
});
