import { findSandboxCard } from '../../accounts/payment-methods/sandbox-cards.js';
import {
  ChargeRefusedError,
  type Charge,
  type ChargeState,
  type DisputeFacts,
  type PaymentGateway,
  type RefundFacts,
  type RefundOrder,
} from './payment-gateway.js';

const PREFIX = 'sandbox_pi_';

/**
 * Charges of test cards, without a bank: what becomes of a charge depends on the card alone, as with Stripe's test
 * cards, so nothing needs to be remembered and the same question always has the same answer.
 */
export class SandboxChargesGateway implements PaymentGateway {
  readonly name = 'sandbox';

  async open(charge: Charge): Promise<string> {
    if (cardOf(charge) === null) throw new ChargeRefusedError('resource_missing', 'No such sandbox card.');
    return `${PREFIX}${charge.attemptId}`;
  }

  async confirm(ref: string, charge: Charge): Promise<ChargeState> {
    return this.retrieve(ref, charge);
  }

  async retrieve(ref: string, charge: Charge): Promise<ChargeState> {
    const card = cardOf(charge);
    if (card?.asksToAuthenticate) {
      return { status: 'requires_action', action: { clientSecret: null, redirectUrl: null } };
    }
    if (!card || card.declinedOnCharge !== undefined) {
      return {
        status: 'failed',
        declined: true,
        code: card?.declineCode ?? 'generic_decline',
        message: card?.declinedOnCharge ?? 'Your card was declined.',
      };
    }
    const paid = {
      amountMinor: charge.amountMinor,
      currency: charge.currency,
      customerRef: null,
      attemptId: ref.slice(PREFIX.length),
      feeMinor: null,
    };
    if (!card.disputedAs) return { status: 'succeeded', paid };
    const dispute: DisputeFacts = {
      ref: `sandbox_dp_${charge.attemptId}`,
      chargeRef: ref,
      amountMinor: charge.amountMinor,
      currency: charge.currency,
      reason: card.disputedAs,
      status: 'open',
    };
    return { status: 'succeeded', paid, dispute };
  }

  async find(charge: Charge): Promise<string | null> {
    return `${PREFIX}${charge.attemptId}`;
  }

  async cancel(ref: string, charge: Charge): Promise<ChargeState> {
    const state = await this.retrieve(ref, charge);
    return state.status === 'requires_action' ? { status: 'canceled' } : state;
  }

  async refund({ refundId, chargeRef, amountMinor, currency }: RefundOrder): Promise<RefundFacts> {
    const ref = `sandbox_re_${refundId}`;
    return { ref, chargeRef, refundId, amountMinor, currency, status: 'succeeded', message: null };
  }

  findRefund(order: RefundOrder): Promise<RefundFacts | null> {
    return this.refund(order);
  }

  retrieveRefund(ref: string): Promise<RefundFacts> {
    return Promise.reject(
      new ChargeRefusedError('resource_missing', `sandbox refund ${ref} has ended at once`),
    );
  }

  retrieveDispute(ref: string): Promise<DisputeFacts> {
    return Promise.reject(
      new ChargeRefusedError('resource_missing', `sandbox dispute ${ref} has no bank to ask`),
    );
  }
}

/** The card behind a method's reference, which begins with its token. */
const cardOf = (charge: Charge) => findSandboxCard(charge.methodRef.split(':', 1)[0] ?? '');
