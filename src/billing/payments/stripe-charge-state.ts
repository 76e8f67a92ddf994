import type Stripe from 'stripe';
import type { ChargeFacts, DisputeFacts, RefundFacts } from './payment-gateway.js';

/** Our names in the metadata of Stripe's objects. */
export const ATTEMPT_KEY = 'faregate_attempt';
/** Of a refund: the UUID of ours. */
export const REFUND_KEY = 'faregate_refund';

/** Where a PaymentIntent stands; `declined` is what must still be closed at Stripe before it is a failure for good. */
export type IntentState =
  | { status: 'unconfirmed' | 'processing' | 'canceled' }
  | { status: 'requires_action'; clientSecret: string | null; redirectUrl: string | null }
  | { status: 'succeeded'; paid: ChargeFacts }
  | { status: 'declined' | 'failed'; code: string; message: string };

/** Reads a PaymentIntent, its latest charge and balance transaction expanded. */
export function readIntent(intent: Stripe.PaymentIntent): IntentState {
  const error = intent.last_payment_error;
  switch (intent.status) {
    case 'requires_confirmation':
      return { status: 'unconfirmed' };
    case 'succeeded':
      return { status: 'succeeded', paid: factsOf(intent) };
    case 'requires_action':
      return {
        status: 'requires_action',
        clientSecret: intent.client_secret,
        redirectUrl: intent.next_action?.redirect_to_url?.url ?? null,
      };
    case 'requires_payment_method':
      if (!error) return { status: 'unconfirmed' };
      // The payer can authenticate and pay after all: the intent stays open for them.
      if (error.code === 'authentication_required') {
        return { status: 'requires_action', clientSecret: intent.client_secret, redirectUrl: null };
      }
      return { status: 'declined', ...declineOf(error) };
    case 'canceled':
      return error && error.code !== 'authentication_required'
        ? { status: 'failed', ...declineOf(error) }
        : { status: 'canceled' };
    default:
      return { status: 'processing' };
  }
}

const declineOf = (error: Stripe.PaymentIntent.LastPaymentError) => ({
  code: error.decline_code ?? error.code ?? 'card_declined',
  message: error.message ?? 'The card was declined.',
});

function factsOf(intent: Stripe.PaymentIntent): ChargeFacts {
  const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null;
  const transaction = typeof charge?.balance_transaction === 'object' ? charge.balance_transaction : null;
  const currency = intent.currency.toUpperCase();
  // What Stripe settles in another currency has a fee in that one, which is not this payment's to book.
  const isSameCurrency = transaction?.currency.toUpperCase() === currency;
  return {
    amountMinor: fromStripeAmount(intent.amount_received, currency),
    currency,
    customerRef: idOf(intent.customer),
    attemptId: intent.metadata[ATTEMPT_KEY] ?? null,
    feeMinor: transaction && isSameCurrency ? fromStripeAmount(transaction.fee, currency) : null,
  };
}

/** Reads a refund. */
export function readRefund(refund: Stripe.Refund): RefundFacts {
  const currency = refund.currency.toUpperCase();
  const isFailed = refund.status === 'failed' || refund.status === 'canceled';
  return {
    ref: refund.id,
    chargeRef: idOf(refund.payment_intent),
    refundId: refund.metadata?.[REFUND_KEY] ?? null,
    amountMinor: fromStripeAmount(refund.amount, currency),
    currency,
    status: refund.status === 'succeeded' ? 'succeeded' : isFailed ? 'failed' : 'submitted',
    message: isFailed ? (refund.failure_reason ?? refund.status) : null,
  };
}

/** Reads a dispute; null while it is an inquiry, in which no money is taken. */
export function readDispute(dispute: Stripe.Dispute): DisputeFacts | null {
  const chargeRef = idOf(dispute.payment_intent);
  if (chargeRef === null || dispute.status.startsWith('warning_')) return null;
  const currency = dispute.currency.toUpperCase();
  const isLost = dispute.status === 'lost';
  const isWon = dispute.status === 'won' || dispute.status === 'prevented';
  return {
    ref: dispute.id,
    chargeRef,
    amountMinor: fromStripeAmount(dispute.amount, currency),
    currency,
    reason: dispute.reason,
    status: isWon ? 'won' : isLost ? 'lost' : 'open',
  };
}

/** Two currencies without minor units that Stripe counts in hundredths all the same (docs.stripe.com/currencies). */
const COUNTED_IN_HUNDREDTHS = new Set(['ISK', 'UGX']);

/** Minor units → the whole number Stripe wants. Throws RangeError beyond what a JSON number holds exactly. */
export function toStripeAmount(minor: bigint, currency: string): number {
  const units = COUNTED_IN_HUNDREDTHS.has(currency) ? minor * 100n : minor;
  const asNumber = Number(units);
  if (!Number.isSafeInteger(asNumber)) throw new RangeError(`too large for Stripe: ${units}`);
  return asNumber;
}

/** The whole number Stripe gives → minor units. */
export const fromStripeAmount = (units: number, currency: string): bigint =>
  COUNTED_IN_HUNDREDTHS.has(currency) ? BigInt(units) / 100n : BigInt(units);

const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  typeof reference === 'string' ? reference : (reference?.id ?? null);
