import { allocate, noFunding, type Allocation, type Charge, type Lot } from '../ledger/lots.js';
import { providerCost, usage, usageReversal, type Funding, type Posting } from '../ledger/posting.js';

/** An event of one wallet about to be posted. */
export interface PostableEvent {
  id: string;
  /** Negative for a reversal. */
  amountNano: bigint;
  /** Negative for a reversal. */
  costNano: bigint;
  /** Absent: an ordinary charge. */
  reversesId?: string | undefined;
}

/** What one batch does to one wallet's lots and to the ledger. */
export interface WalletPosting extends Allocation {
  /** Empty when every event was free and cost nothing. */
  postings: Posting[];
}

/**
 * Pays one wallet's events of a batch: charges first, in order of id, then reversals, which may take back a
 * charge of the same batch. `paidBefore`: funding of reversed events that earlier batches paid.
 */
export function postUsage(
  events: readonly PostableEvent[],
  lots: readonly Lot[],
  paidBefore: ReadonlyMap<string, Funding>,
): WalletPosting {
  const allocation = allocate(lots, chargesOf(events), paidBefore);
  const charged = sumOf(allocation.fundings.filter(({ reversal }) => !reversal));
  const reversed = sumOf(allocation.fundings.filter(({ reversal }) => reversal));
  const costNano = events.reduce((sum, event) => sum + event.costNano, 0n);
  const postings = [...usage(charged), ...usageReversal(reversed), ...providerCost(costNano)];
  return { ...allocation, postings };
}

/** How the usage of one wallet in one period was paid; a reversal counts below zero. */
export interface PeriodShare extends Funding {
  periodId: string;
  walletId: string;
}

/** The fundings of a batch, summed by wallet and period. */
export function fundingByPeriod(
  events: readonly { id: string; walletId: string; periodId: string }[],
  fundings: Allocation['fundings'],
): PeriodShare[] {
  const byEvent = new Map(events.map((event) => [event.id, event]));
  const shares = new Map<string, PeriodShare>();
  for (const { eventId, reversal, funding } of fundings) {
    const event = byEvent.get(eventId);
    if (!event) throw new Error(`event ${eventId} was funded but not claimed`);
    const { periodId, walletId } = event;
    const key = `${periodId}|${walletId}`;
    const share = shares.get(key) ?? { periodId, walletId, ...noFunding() };
    const sign = reversal ? -1n : 1n;
    share.paidNano += sign * funding.paidNano;
    share.taxedNano += sign * funding.taxedNano;
    share.promoNano += sign * funding.promoNano;
    share.postpaidNano += sign * funding.postpaidNano;
    shares.set(key, share);
  }
  return [...shares.values()];
}

function chargesOf(events: readonly PostableEvent[]): Charge[] {
  const ordered = [...events].sort((a, b) => (a.id < b.id ? -1 : 1));
  const charges = ordered.filter((event) => event.reversesId === undefined);
  const reversals = ordered.filter((event) => event.reversesId !== undefined);
  return [...charges, ...reversals].map(({ id, amountNano, reversesId }) => ({
    eventId: id,
    amountNano: amountNano < 0n ? -amountNano : amountNano,
    reversesId,
  }));
}

function sumOf(fundings: Allocation['fundings']): Funding {
  const sum = noFunding();
  for (const { funding } of fundings) {
    sum.paidNano += funding.paidNano;
    sum.taxedNano += funding.taxedNano;
    sum.promoNano += funding.promoNano;
    sum.postpaidNano += funding.postpaidNano;
  }
  return sum;
}
