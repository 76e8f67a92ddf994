/** Objects in the shapes of Stripe's OpenAPI fixtures; the SDK's own types keep the fields we give honest. */
import { randomBytes } from 'node:crypto';
import type Stripe from 'stripe';

/** The fields of an object that the fake fills. */
type Some<Object, Keys extends keyof Object> = Pick<Object, Keys>;

export type FakeCustomer = Some<Stripe.Customer, 'id' | 'object' | 'created' | 'livemode' | 'metadata'>;
export type FakeMethod = Some<
  Stripe.PaymentMethod,
  'id' | 'object' | 'created' | 'livemode' | 'type' | 'metadata'
> & {
  customer: string | null;
  card: Some<
    Stripe.PaymentMethod.Card,
    'brand' | 'last4' | 'exp_month' | 'exp_year' | 'fingerprint' | 'funding'
  >;
  /** The test card it was made of; not part of Stripe's object. */
  token: string;
};
export type FakeError = {
  type: string;
  code?: string;
  decline_code?: string;
  message: string;
  param?: string;
};
export type FakeSetup = Some<
  Stripe.SetupIntent,
  'id' | 'object' | 'created' | 'livemode' | 'status' | 'client_secret' | 'metadata'
> & {
  customer: string | null;
  payment_method: string | null;
  usage: string;
};
export type FakeIntent = Some<
  Stripe.PaymentIntent,
  | 'id'
  | 'object'
  | 'created'
  | 'livemode'
  | 'amount'
  | 'amount_received'
  | 'currency'
  | 'status'
  | 'client_secret'
  | 'metadata'
  | 'canceled_at'
> & {
  customer: string | null;
  payment_method: string | null;
  latest_charge: string | null;
  last_payment_error: FakeError | null;
  next_action: { type: string; redirect_to_url?: { url: string; return_url: null } } | null;
};
export type FakeCharge = Some<
  Stripe.Charge,
  | 'id'
  | 'object'
  | 'created'
  | 'livemode'
  | 'amount'
  | 'amount_refunded'
  | 'currency'
  | 'paid'
  | 'refunded'
  | 'disputed'
> & {
  payment_intent: string;
  balance_transaction: Some<
    Stripe.BalanceTransaction,
    'id' | 'object' | 'amount' | 'currency' | 'fee' | 'net' | 'type'
  >;
};
export type FakeRefund = Some<
  Stripe.Refund,
  'id' | 'object' | 'created' | 'amount' | 'currency' | 'status' | 'metadata'
> & {
  payment_intent: string;
  charge: string | null;
  failure_reason?: string;
};
export type FakeDispute = Some<
  Stripe.Dispute,
  'id' | 'object' | 'created' | 'livemode' | 'amount' | 'currency' | 'reason' | 'status'
> & {
  payment_intent: string;
  charge: string;
};

export const newId = (prefix: string): string => `${prefix}_${randomBytes(12).toString('hex')}`;

/** What a test card does (docs.stripe.com/testing). */
export interface FakeCard {
  brand: string;
  last4: string;
  /** Refused by the SetupIntent. */
  setupDecline?: string;
  /** Refused by every charge. */
  chargeDecline?: string;
  /** Every charge wants the payer. */
  authenticate?: boolean;
  /** So does the SetupIntent. */
  setupAuthenticate?: boolean;
}

export const CARDS: Readonly<Record<string, FakeCard>> = {
  pm_card_visa: { brand: 'visa', last4: '4242' },
  pm_card_mastercard: { brand: 'mastercard', last4: '4444' },
  pm_card_chargeDeclined: { brand: 'visa', last4: '0002', setupDecline: 'generic_decline' },
  pm_card_chargeDeclinedInsufficientFunds: {
    brand: 'visa',
    last4: '9995',
    setupDecline: 'insufficient_funds',
  },
  pm_card_chargeCustomerFail: { brand: 'visa', last4: '0341', chargeDecline: 'generic_decline' },
  pm_card_authenticationRequired: { brand: 'visa', last4: '3184', authenticate: true },
  pm_card_threeDSecureRequired: { brand: 'visa', last4: '3063', authenticate: true, setupAuthenticate: true },
};

/** An answer of the API that is an error. */
export class StripeRefusal extends Error {
  constructor(
    readonly status: number,
    readonly error: FakeError & Record<string, unknown>,
  ) {
    super(error.message);
  }
}

export const missing = (what: string, id: string): StripeRefusal =>
  new StripeRefusal(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${what}: '${id}'`,
    param: 'id',
  });
