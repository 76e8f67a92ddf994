/**
 * The charging port: what a payment provider can do for us. Charging has two steps on purpose. `open` makes the
 * provider's object without moving money, under an idempotency key of ours; only once its name is stored does
 * `confirm` ask for the money. From then on the provider's own state machine prevents a second charge, for ever.
 */

/** The providers there are. */
export const PROVIDERS = ['sandbox', 'stripe', 'invoice'] as const;
/** One of them. */
export type ProviderName = (typeof PROVIDERS)[number];

/** What is to be collected, and from whom. */
export interface Charge {
  /** UUID of our attempt: idempotency key, and written into the provider's object. */
  attemptId: string;
  organizationId: string;
  /** ISO 4217 minor units, > 0. */
  amountMinor: bigint;
  currency: string;
  /** The provider's name of the payment method. */
  methodRef: string;
  /** The provider's customer; null where it has none. */
  customerRef: string | null;
  createdAt: Date;
}

/** Where a charge stands, as its provider tells. */
export type ChargeState =
  /** Made, and not asked for yet. */
  | { status: 'unconfirmed' }
  /** Asked for; the money is on its way, or is awaited. */
  | { status: 'processing' }
  /** The payer must authenticate; `action` is what their browser needs. */
  | { status: 'requires_action'; action: PaymentAction }
  | { status: 'succeeded'; paid: ChargeFacts; dispute?: DisputeFacts }
  /** It failed, and the provider's object can no longer be paid. `declined`: the payer's bank said no. */
  | { status: 'failed'; declined: boolean; code: string; message: string }
  | { status: 'canceled' };

/** What a payer needs to authenticate a payment. */
export interface PaymentAction {
  /** Stripe's client secret of the payment intent; null where there is none. */
  clientSecret: string | null;
  /** Where to send the browser; null where the provider's script does it. */
  redirectUrl: string | null;
}

/** What the provider says was paid; it must be what was ordered. */
export interface ChargeFacts {
  amountMinor: bigint;
  currency: string;
  /** Null: not known yet, or the provider has no such thing. */
  customerRef: string | null;
  attemptId: string | null;
  feeMinor: bigint | null;
}

/** A payment that the payer's bank questions. */
export interface DisputeFacts {
  ref: string;
  /** The charge's own reference, as `open` answered it. */
  chargeRef: string;
  amountMinor: bigint;
  currency: string;
  reason: string;
  status: 'open' | 'won' | 'lost';
}

/** Where a refund stands. */
export interface RefundFacts {
  ref: string;
  /** Null: not of a charge that we can know. */
  chargeRef: string | null;
  /** UUID of our refund; null: it was made at the provider. */
  refundId: string | null;
  amountMinor: bigint;
  currency: string;
  status: 'submitted' | 'succeeded' | 'failed';
  /** Null unless it failed. */
  message: string | null;
}

/** A refund to be made. */
export interface RefundOrder {
  /** UUID of our refund: the idempotency key. */
  refundId: string;
  chargeRef: string;
  amountMinor: bigint;
  currency: string;
}

/** The provider may or may not have done what it was asked: nobody knows until it is asked again. */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError';
}

/** The provider refused the request itself; nothing was done, and asking again would not help. */
export class ChargeRefusedError extends Error {
  override readonly name = 'ChargeRefusedError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * A payment provider, as far as charging goes. Every call may throw OutcomeUnknownError; `open` and `refund` may
 * throw ChargeRefusedError. All are safe to repeat with the same arguments.
 */
export interface PaymentGateway {
  readonly name: ProviderName;
  /** Makes the charge without asking for money; the same attempt answers the same reference. */
  open(charge: Charge): Promise<string>;
  /** Asks for the money. */
  confirm(ref: string, charge: Charge): Promise<ChargeState>;
  /** Where the charge stands. */
  retrieve(ref: string, charge: Charge): Promise<ChargeState>;
  /** The reference of an attempt's charge when it was made and its name got lost; null when there is none. */
  find(charge: Charge): Promise<string | null>;
  /** Makes sure that the charge can no longer be paid; answers what it had become. */
  cancel(ref: string, charge: Charge): Promise<ChargeState>;
  /** Gives money back. */
  refund(order: RefundOrder): Promise<RefundFacts>;
  /** A refund that was made and whose name got lost; null when there is none. */
  findRefund(order: RefundOrder): Promise<RefundFacts | null>;
  /** Where a refund stands. */
  retrieveRefund(ref: string): Promise<RefundFacts>;
  /** Where a dispute stands; null while no money was taken. */
  retrieveDispute(ref: string): Promise<DisputeFacts | null>;
}

/** Injection token of the list of gateways of this installation. */
export const PAYMENT_GATEWAYS = Symbol('payment gateways');
