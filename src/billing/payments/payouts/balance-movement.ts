import type Stripe from 'stripe';
import { minorToNano } from '../../../core/currency.js';
import { fromStripeAmount } from '../stripe-charge-state.js';

/** What a movement of the balance may be of. */
export type BalanceSubject =
  | 'payment'
  | 'credit'
  | 'refund'
  | 'refund_failed'
  | 'dispute'
  | 'dispute_won'
  | 'payout'
  | 'payout_failed'
  | 'fee'
  | 'deposit';

/** A movement of our balance at Stripe, read. Amounts in nano of `currency`; what leaves the balance is below 0. */
export interface BalanceMovement {
  /** "txn_…". */
  ref: string;
  type: string;
  /** What it is of by its type; null: nothing the books know by themselves. */
  expected: BalanceSubject | null;
  /** The name of its object as our books know it: "pi_…", "re_…", "du_…", "po_…"; null: of none. */
  sourceRef: string | null;
  /** ISO 4217. */
  currency: string;
  amountNano: bigint;
  /** What Stripe keeps of it. */
  feeNano: bigint;
  netNano: bigint;
  occurredAt: Date;
}

/** A payout, read. */
export interface PayoutFacts {
  ref: string;
  currency: string;
  amountNano: bigint;
  status: 'pending' | 'in_transit' | 'paid' | 'failed' | 'canceled';
  automatic: boolean;
  arrivesOn: Date;
  failureMessage: string | null;
  createdAt: Date;
}

/** docs.stripe.com/reports/balance-transaction-types; disputes are adjustments, told apart by what they add. */
const SUBJECTS: Readonly<Record<string, BalanceSubject>> = {
  charge: 'payment',
  payment: 'payment',
  refund: 'refund',
  payment_refund: 'refund',
  refund_failure: 'refund_failed',
  payout: 'payout',
  payout_failure: 'payout_failed',
  payout_cancel: 'payout_failed',
  stripe_fee: 'fee',
  stripe_fx_fee: 'fee',
  tax_fee: 'fee',
  topup: 'deposit',
  topup_reversal: 'deposit',
};

type Source = { object?: string; id: string; payment_intent?: string | { id: string } | null };

/** Reads a balance transaction whose source is expanded. */
export function readMovement(transaction: Stripe.BalanceTransaction): BalanceMovement {
  const currency = transaction.currency.toUpperCase();
  const nano = (units: number) => minorToNano(fromStripeAmount(units, currency), currency);
  const source = (typeof transaction.source === 'object' ? transaction.source : null) as Source | null;
  const intent = source?.payment_intent;
  const isCharge = source?.object === 'charge';
  const known = SUBJECTS[transaction.type] ?? null;
  const dispute = transaction.amount < 0 ? 'dispute' : 'dispute_won';
  return {
    ref: transaction.id,
    type: transaction.type,
    expected: source?.object === 'dispute' ? dispute : known,
    sourceRef: (isCharge ? (typeof intent === 'string' ? intent : intent?.id) : source?.id) ?? null,
    currency,
    amountNano: nano(transaction.amount),
    feeNano: nano(transaction.fee),
    netNano: nano(transaction.net),
    occurredAt: new Date(transaction.created * 1_000),
  };
}

/** Reads a payout. */
export function readPayout(payout: Stripe.Payout): PayoutFacts {
  const currency = payout.currency.toUpperCase();
  const known = ['pending', 'in_transit', 'paid', 'failed', 'canceled'] as const;
  return {
    ref: payout.id,
    currency,
    amountNano: minorToNano(fromStripeAmount(payout.amount, currency), currency),
    status: known.find((status) => status === payout.status) ?? 'pending',
    automatic: payout.automatic,
    arrivesOn: new Date(payout.arrival_date * 1_000),
    failureMessage: payout.failure_message,
    createdAt: new Date(payout.created * 1_000),
  };
}
