import {
  balanceFee,
  bankDeposit,
  conversionIn,
  conversionOut,
  payoutLeft,
  payoutReturned,
  type Posting,
} from '../../ledger/posting.js';
import type { BalanceMovement, BalanceSubject } from './balance-movement.js';

/** What a movement is of in our books. */
export interface MatchedSubject {
  subject: BalanceSubject;
  /** UUID of our object; null: of none. */
  id: string | null;
  /** UUID; whose books. */
  legalEntityId: string;
  /** What our object moved, in its own currency, as the balance sees it (a refund is below 0); null: of none. */
  booked: { amountNano: bigint; currency: string } | null;
}

/** A journal still to be made of a movement. */
export interface BalanceJournal {
  key: string;
  kind: string;
  currency: string;
  postings: Posting[];
}

/**
 * What a movement adds to the books beyond the journal of its object: fees that were not known with it, payouts, deposits,
 * and, where Stripe keeps another currency than was paid, the conversion in both. A payment's own fee has its own journal.
 */
export function journalsOf(
  movement: BalanceMovement,
  { subject, id, booked }: MatchedSubject,
): BalanceJournal[] {
  const { ref, currency, amountNano, feeNano } = movement;
  const journal = (key: string, kind: string, postings: Posting[], of = currency): BalanceJournal[] =>
    postings.length === 0 ? [] : [{ key, kind, currency: of, postings }];
  if (booked && booked.currency !== currency) {
    return [
      ...journal(`conversion_out:${ref}`, 'conversion', conversionOut(booked.amountNano), booked.currency),
      ...journal(`conversion_in:${ref}`, 'conversion', conversionIn(amountNano, feeNano)),
    ];
  }
  switch (subject) {
    case 'payment':
      return [];
    case 'payout':
      return [
        ...journal(`payout:${id}`, 'payout', payoutLeft(-amountNano)),
        ...journal(`balance_fee:${ref}`, 'balance_fee', balanceFee(feeNano)),
      ];
    case 'payout_failed':
      return [
        ...journal(`payout_failed:${id}`, 'payout_failed', payoutReturned(amountNano)),
        ...journal(`balance_fee:${ref}`, 'balance_fee', balanceFee(feeNano)),
      ];
    case 'fee':
      return journal(`balance_fee:${ref}`, 'balance_fee', balanceFee(feeNano - amountNano));
    case 'deposit':
      return [
        ...journal(`balance_deposit:${ref}`, 'balance_deposit', bankDeposit(amountNano)),
        ...journal(`balance_fee:${ref}`, 'balance_fee', balanceFee(feeNano)),
      ];
    case 'credit':
    case 'refund':
    case 'refund_failed':
    case 'dispute':
    case 'dispute_won':
      return journal(`balance_fee:${ref}`, 'balance_fee', balanceFee(feeNano));
  }
}
