import { FakeBalance } from './balance.js';
import {
  CARDS,
  missing,
  newId,
  StripeRefusal,
  type FakeCharge,
  type FakeCustomer,
  type FakeDispute,
  type FakeError,
  type FakeIntent,
  type FakeMethod,
  type FakeRefund,
  type FakeSetup,
} from './objects.js';

type Announce = (type: string, object: object) => void;

/** Everything Stripe knows, and how it changes: the state machines of intents, refunds and disputes. */
export class StripeState {
  readonly customers = new Map<string, FakeCustomer>();
  readonly methods = new Map<string, FakeMethod>();
  readonly setups = new Map<string, FakeSetup>();
  readonly intents = new Map<string, FakeIntent>();
  readonly charges = new Map<string, FakeCharge>();
  readonly refunds = new Map<string, FakeRefund>();
  readonly disputes = new Map<string, FakeDispute>();
  readonly balance: FakeBalance;

  constructor(
    private readonly announce: Announce,
    private readonly now: () => number,
  ) {
    this.balance = new FakeBalance(announce, now);
  }

  /** The object behind a movement of the balance. */
  sourceOf(id: string): object | null {
    const kept = [this.charges, this.refunds, this.disputes, this.balance.payouts];
    return kept.map((objects) => objects.get(id)).find((found) => found !== undefined) ?? null;
  }

  createCustomer(metadata: Record<string, string>): FakeCustomer {
    return keep(this.customers, { ...this.base('cus', 'customer' as const), metadata });
  }

  createSetup(order: { customer?: string; token?: string; metadata: Record<string, string> }): FakeSetup {
    const setup: FakeSetup = {
      ...this.base('seti', 'setup_intent' as const),
      client_secret: newId('seti_secret'),
      customer: order.customer ?? null,
      payment_method: null,
      usage: 'off_session',
      status: 'requires_payment_method',
      metadata: order.metadata,
    };
    keep(this.setups, setup);
    return order.token === undefined ? setup : this.confirmSetup(setup.id, order.token, false);
  }

  /** What the payer's browser does with a SetupIntent; `authenticated`: they pass what the bank asks. */
  confirmSetup(id: string, token: string, authenticated: boolean): FakeSetup {
    const setup = this.get(this.setups, 'setupintent', id);
    const card = CARDS[token];
    if (!card) throw missing('PaymentMethod', token);
    if (card.setupDecline) throw declined(card.setupDecline, { setup_intent: setup });
    if (card.setupAuthenticate && !authenticated) {
      setup.status = 'requires_action';
      return setup;
    }
    const method: FakeMethod = {
      ...this.base('pm', 'payment_method' as const),
      type: 'card',
      metadata: {},
      customer: setup.customer,
      token,
      card: {
        brand: card.brand,
        last4: card.last4,
        exp_month: 12,
        exp_year: new Date(this.now()).getUTCFullYear() + 3,
        fingerprint: `fp_${card.last4}`,
        funding: 'credit',
      },
    };
    keep(this.methods, method);
    setup.payment_method = method.id;
    setup.status = 'succeeded';
    this.announce('setup_intent.succeeded', setup);
    this.announce('payment_method.attached', method);
    return setup;
  }

  createIntent(order: {
    amount: number;
    currency: string;
    customer?: string | undefined;
    method?: string | undefined;
    metadata: Record<string, string>;
  }): FakeIntent {
    if (order.method !== undefined) this.get(this.methods, 'PaymentMethod', order.method);
    const intent: FakeIntent = {
      ...this.base('pi', 'payment_intent' as const),
      amount: order.amount,
      amount_received: 0,
      currency: order.currency,
      status: order.method === undefined ? 'requires_payment_method' : 'requires_confirmation',
      client_secret: newId('pi_secret'),
      customer: order.customer ?? null,
      payment_method: order.method ?? null,
      latest_charge: null,
      last_payment_error: null,
      next_action: null,
      canceled_at: null,
      metadata: order.metadata,
    };
    keep(this.intents, intent);
    this.announce('payment_intent.created', intent);
    return intent;
  }

  /** Off session: a bank that wants the payer declines. */
  confirmIntent(id: string): FakeIntent {
    const intent = this.get(this.intents, 'payment_intent', id);
    if (intent.status !== 'requires_confirmation' && intent.status !== 'requires_payment_method') {
      throw unexpected(intent, 'confirm');
    }
    const method = this.get(this.methods, 'PaymentMethod', intent.payment_method ?? '');
    if (method.customer !== intent.customer || method.customer === null) {
      throw new StripeRefusal(400, {
        type: 'invalid_request_error',
        code: 'payment_method_not_attached',
        message: 'The PaymentMethod is not attached to the customer.',
      });
    }
    const card = CARDS[method.token];
    const decline = card?.authenticate ? 'authentication_required' : card?.chargeDecline;
    if (decline === undefined) return this.pay(intent);
    intent.status = 'requires_payment_method';
    const refusal = declined(decline, { payment_intent: intent });
    intent.last_payment_error = refusal.error as FakeError;
    this.announce('payment_intent.payment_failed', intent);
    throw refusal;
  }

  /** The payer comes back and authenticates in the browser. */
  authenticate(id: string): FakeIntent {
    const intent = this.get(this.intents, 'payment_intent', id);
    intent.last_payment_error = null;
    return this.pay(intent);
  }

  cancelIntent(id: string): FakeIntent {
    const intent = this.get(this.intents, 'payment_intent', id);
    if (intent.status === 'succeeded' || intent.status === 'canceled') throw unexpected(intent, 'cancel');
    intent.status = 'canceled';
    intent.canceled_at = Math.floor(this.now() / 1_000);
    this.announce('payment_intent.canceled', intent);
    return intent;
  }

  createRefund(order: {
    intent: string;
    amount?: number | undefined;
    metadata: Record<string, string>;
    status?: FakeRefund['status'];
  }): FakeRefund {
    const intent = this.get(this.intents, 'payment_intent', order.intent);
    const charge = this.charges.get(intent.latest_charge ?? '');
    const amount = order.amount ?? intent.amount;
    if (!charge || charge.amount_refunded + amount > charge.amount) {
      throw new StripeRefusal(400, {
        type: 'invalid_request_error',
        code: 'charge_already_refunded',
        message: 'The refund is larger than what is left of the charge.',
      });
    }
    charge.amount_refunded += amount;
    charge.refunded = charge.amount_refunded === charge.amount;
    const refund: FakeRefund = {
      id: newId('re'),
      object: 'refund',
      created: Math.floor(this.now() / 1_000),
      amount,
      currency: intent.currency,
      status: order.status ?? 'succeeded',
      metadata: order.metadata,
      payment_intent: intent.id,
      charge: charge.id,
    };
    keep(this.refunds, refund);
    this.move('refund', 'refund', -amount, refund);
    this.announce('refund.created', refund);
    return refund;
  }

  /** The payer's bank sends a refund back. */
  failRefund(id: string): void {
    const refund = this.get(this.refunds, 'refund', id);
    refund.status = 'failed';
    refund.failure_reason = 'expired_or_canceled_card';
    this.move('refund_failure', 'refund_failure', refund.amount, refund);
    this.announce('refund.failed', refund);
  }

  openDispute(intentId: string, status: FakeDispute['status'] = 'needs_response'): FakeDispute {
    const intent = this.get(this.intents, 'payment_intent', intentId);
    const dispute: FakeDispute = {
      ...this.base('du', 'dispute' as const),
      amount: intent.amount,
      currency: intent.currency,
      reason: 'fraudulent',
      status,
      payment_intent: intent.id,
      charge: intent.latest_charge ?? '',
    };
    keep(this.disputes, dispute);
    if (!status.startsWith('warning_')) this.move('adjustment', 'dispute', -dispute.amount, dispute, 1_500);
    this.announce('charge.dispute.created', dispute);
    return dispute;
  }

  closeDispute(id: string, status: 'won' | 'lost'): void {
    const dispute = this.get(this.disputes, 'dispute', id);
    dispute.status = status;
    if (status === 'won') this.move('adjustment', 'dispute_reversal', dispute.amount, dispute);
    this.announce('charge.dispute.closed', dispute);
  }

  detach(id: string): FakeMethod {
    const method = this.get(this.methods, 'PaymentMethod', id);
    method.customer = null;
    this.announce('payment_method.detached', method);
    return method;
  }

  renewCard(id: string, month: number, year: number): void {
    const method = this.get(this.methods, 'PaymentMethod', id);
    method.card.exp_month = month;
    method.card.exp_year = year;
    this.announce('payment_method.automatically_updated', method);
  }

  get<Kept>(kept: Map<string, Kept>, what: string, id: string): Kept {
    const found = kept.get(id);
    if (!found) throw missing(what, id);
    return found;
  }

  private pay(intent: FakeIntent): FakeIntent {
    const fee = Math.round(intent.amount * 0.029) + 30;
    const base = this.base('ch', 'charge' as const);
    const charge: FakeCharge = {
      ...base,
      amount: intent.amount,
      amount_refunded: 0,
      currency: intent.currency,
      paid: true,
      refunded: false,
      disputed: false,
      payment_intent: intent.id,
      balance_transaction: this.move('charge', 'charge', intent.amount, { ...intent, id: base.id }, fee),
    };
    keep(this.charges, charge);
    Object.assign(intent, { status: 'succeeded', amount_received: intent.amount, latest_charge: charge.id });
    this.announce('payment_intent.succeeded', intent);
    return intent;
  }

  private move(
    type: string,
    category: string,
    amount: number,
    { id, currency }: { id: string; currency: string },
    fee = 0,
  ) {
    return this.balance.move({ type, category, amount, currency, fee, source: id });
  }

  private base<Name extends string>(prefix: string, object: Name) {
    return { id: newId(prefix), object, created: Math.floor(this.now() / 1_000), livemode: false };
  }
}

function keep<Kept extends { id: string }>(kept: Map<string, Kept>, object: Kept): Kept {
  kept.set(object.id, object);
  return object;
}

const unexpected = (intent: FakeIntent, verb: string): StripeRefusal =>
  new StripeRefusal(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message: `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}.`,
    payment_intent: intent,
  });

function declined(code: string, more: object): StripeRefusal {
  const isAuthentication = code === 'authentication_required';
  return new StripeRefusal(402, {
    type: 'card_error',
    code: isAuthentication ? code : 'card_declined',
    decline_code: code,
    message: isAuthentication
      ? 'Your card was declined. This transaction requires authentication.'
      : 'Your card was declined.',
    ...structuredClone(more),
  });
}
