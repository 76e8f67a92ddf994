import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { StripeClient, stripeFailure } from '../../accounts/payment-methods/stripe.client.js';
import type { CardFacts } from './method-health.repository.js';
import {
  ChargeRefusedError,
  OutcomeUnknownError,
  type Charge,
  type ChargeState,
  type DisputeFacts,
  type PaymentGateway,
  type RefundFacts,
  type RefundOrder,
} from './payment-gateway.js';
import {
  ATTEMPT_KEY,
  readDispute,
  readIntent,
  readRefund,
  REFUND_KEY,
  toStripeAmount,
} from './stripe-charge-state.js';

const EXPAND = { expand: ['latest_charge.balance_transaction'] };
/** How far from our clock Stripe's may be when an intent is looked for by its time. */
const SKEW_SECONDS = 3_600;

/** Off-session PaymentIntents: made unconfirmed under the attempt's id as key, then confirmed. */
@Injectable()
export class StripeChargesGateway implements PaymentGateway {
  readonly name = 'stripe';

  constructor(private readonly stripe: StripeClient) {}

  async open(charge: Charge): Promise<string> {
    const intent = await run(() =>
      this.stripe.get().paymentIntents.create(
        {
          amount: toStripeAmount(charge.amountMinor, charge.currency),
          currency: charge.currency.toLowerCase(),
          ...(charge.customerRef !== null && { customer: charge.customerRef }),
          payment_method: charge.methodRef,
          allowed_payment_method_types: ['card'],
          metadata: { [ATTEMPT_KEY]: charge.attemptId },
        },
        { idempotencyKey: charge.attemptId },
      ),
    );
    return intent.id;
  }

  async confirm(ref: string, charge: Charge): Promise<ChargeState> {
    try {
      await this.stripe
        .get()
        .paymentIntents.confirm(
          ref,
          { off_session: true },
          { idempotencyKey: `${charge.attemptId}:confirm` },
        );
    } catch (error) {
      const failure = stripeFailure(error);
      // What became of it stands in the intent itself, whatever the answer to this call said.
      if (failure?.kind === 'unknown') throw new OutcomeUnknownError(failure.message);
      if (failure === null) throw error;
      if (failure.kind === 'refused') {
        const state = await this.cancel(ref, charge);
        return state.status === 'canceled' ? { ...failure, status: 'failed', declined: false } : state;
      }
    }
    return this.retrieve(ref, charge);
  }

  async retrieve(ref: string, charge: Charge): Promise<ChargeState> {
    const state = readIntent(await run(() => this.stripe.get().paymentIntents.retrieve(ref, EXPAND)));
    switch (state.status) {
      case 'declined':
        return this.cancel(ref, charge);
      case 'failed':
        return { ...state, status: 'failed', declined: true };
      case 'requires_action':
        return {
          status: 'requires_action',
          action: { clientSecret: state.clientSecret, redirectUrl: state.redirectUrl },
        };
      case 'succeeded':
        return { status: 'succeeded', paid: state.paid };
      case 'unconfirmed':
      case 'processing':
      case 'canceled':
        return { status: state.status };
    }
  }

  async find(charge: Charge): Promise<string | null> {
    const created = Math.floor(charge.createdAt.getTime() / 1_000);
    return run(async () => {
      const intents = this.stripe.get().paymentIntents.list({
        ...(charge.customerRef !== null && { customer: charge.customerRef }),
        created: { gte: created - SKEW_SECONDS },
        limit: 100,
      });
      for await (const intent of intents) {
        if (intent.metadata[ATTEMPT_KEY] === charge.attemptId) return intent.id;
      }
      return null;
    });
  }

  /** An intent that was paid meanwhile cannot be canceled; then it is paid. */
  async cancel(ref: string, _charge: Charge): Promise<ChargeState> {
    try {
      await this.stripe.get().paymentIntents.cancel(ref);
    } catch (error) {
      const failure = stripeFailure(error);
      if (failure?.kind === 'unknown') throw new OutcomeUnknownError(failure.message);
      if (failure === null) throw error;
    }
    const state = readIntent(await run(() => this.stripe.get().paymentIntents.retrieve(ref, EXPAND)));
    if (state.status === 'succeeded') return { status: 'succeeded', paid: state.paid };
    if (state.status === 'failed') return { ...state, status: 'failed', declined: true };
    if (state.status === 'canceled') return { status: 'canceled' };
    throw new OutcomeUnknownError(`${ref} is ${state.status} after it was canceled`);
  }

  async refund({ refundId, chargeRef, amountMinor, currency }: RefundOrder): Promise<RefundFacts> {
    const refund = await run(() =>
      this.stripe.get().refunds.create(
        {
          payment_intent: chargeRef,
          amount: toStripeAmount(amountMinor, currency),
          metadata: { [REFUND_KEY]: refundId },
        },
        { idempotencyKey: refundId },
      ),
    );
    return readRefund(refund);
  }

  async findRefund({ refundId, chargeRef }: RefundOrder): Promise<RefundFacts | null> {
    return run(async () => {
      for await (const refund of this.stripe.get().refunds.list({ payment_intent: chargeRef, limit: 100 })) {
        if (refund.metadata?.[REFUND_KEY] === refundId) return readRefund(refund);
      }
      return null;
    });
  }

  async retrieveRefund(ref: string): Promise<RefundFacts> {
    return readRefund(await run(() => this.stripe.get().refunds.retrieve(ref)));
  }

  async retrieveDispute(ref: string): Promise<DisputeFacts | null> {
    return readDispute(await run(() => this.stripe.get().disputes.retrieve(ref)));
  }

  /** The card as Stripe knows it now; null when it is no longer the customer's. */
  async retrieveCard(ref: string): Promise<CardFacts | null> {
    const { customer, card } = await run(() => this.stripe.get().paymentMethods.retrieve(ref));
    if (customer === null) return null;
    return {
      brand: card?.brand ?? null,
      last4: card?.last4 ?? null,
      expMonth: card?.exp_month ?? null,
      expYear: card?.exp_year ?? null,
    };
  }

  /** Events since a time, oldest first: those whose webhook never came are among them. */
  async listEvents(since: Date): Promise<Stripe.Event[]> {
    return run(async () => {
      const events: Stripe.Event[] = [];
      const created = { gte: Math.floor(since.getTime() / 1_000) };
      for await (const event of this.stripe.get().events.list({ created, limit: 100 })) events.push(event);
      return events.reverse();
    });
  }
}

/** Runs a call of Stripe; its failures become those of the charging port. */
async function run<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const failure = stripeFailure(error);
    if (failure === null) throw error;
    if (failure.kind === 'unknown') throw new OutcomeUnknownError(failure.message);
    throw new ChargeRefusedError(failure.code, failure.message);
  }
}
