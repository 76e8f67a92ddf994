import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import type { Tax } from '../invoicing/tax/tax-decision.js';
import type { PaymentAction } from '../payments/payment-gateway.js';
import type { PaymentAttempt } from '../payments/payment-attempt.js';

/** Where a top-up stands. unknown: nobody knows yet whether the provider took the money; it is asked. */
export type TopUpStatus = 'pending' | 'unknown' | 'succeeded' | 'failed' | 'canceled';

/** Credit bought in advance. */
export interface TopUp {
  /** UUID. */
  id: string;
  organizationId: string;
  walletId: string;
  paymentMethodId: string;
  currency: string;
  amountNano: bigint;
  /** The tax charged on top; null: it is due when the credit is used. */
  tax: Tax | null;
  taxNano: bigint;
  /** When the credit runs out; null: never. */
  creditExpiresAt: Date | null;
  /** UUID of the document of its sale; null: none, or not paid yet. */
  receiptId: string | null;
  /** Who asked: a person, or the balance. */
  trigger: 'manual' | 'auto';
  status: TopUpStatus;
  createdAt: Date;
  closedAt: Date | null;
}

/** A top-up as the API shows it, with the payment that collects it. */
export function topUpView(topUp: TopUp, attempt: PaymentAttempt | null, action: PaymentAction | null = null) {
  return {
    object: 'top_up' as const,
    id: publicId('topUp', topUp.id),
    organization: publicId('organization', topUp.organizationId),
    amount: formatNano(topUp.amountNano),
    tax: formatNano(topUp.taxNano),
    total: formatNano(topUp.amountNano + topUp.taxNano),
    currency: topUp.currency,
    credit_expires_at: topUp.creditExpiresAt?.toISOString() ?? null,
    receipt: topUp.receiptId && publicId('invoice', topUp.receiptId),
    trigger: topUp.trigger,
    status: topUp.status,
    payment_method: publicId('paymentMethod', topUp.paymentMethodId),
    payment: attempt && publicId('payment', attempt.id),
    payment_status: attempt?.status ?? null,
    decline_code: attempt?.declineCode ?? null,
    failure_message: attempt?.failureMessage ?? null,
    next_action: action && { client_secret: action.clientSecret, redirect_url: action.redirectUrl },
    created_at: topUp.createdAt.toISOString(),
    closed_at: topUp.closedAt?.toISOString() ?? null,
  };
}

/** A top-up as the API shows it. */
export type TopUpView = ReturnType<typeof topUpView>;
