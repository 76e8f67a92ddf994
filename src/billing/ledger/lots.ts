import type { CreditKind, Funding } from './posting.js';

/** A lot of credit as the allocation sees it. */
export interface Lot {
  /** UUID of the credit grant. */
  id: string;
  kind: CreditKind;
  /** When its tax is due: its sale, or its use. */
  taxPoint: 'sale' | 'use';
  /** Lower is used first. */
  priority: number;
  /** Absent: never expires, and is used after those that do. */
  expiresAt?: Date | undefined;
  createdAt: Date;
  /** What it can still pay. */
  remainingNano: bigint;
  /** What was taken from it for charges and not put back. */
  consumedNano: bigint;
}

/** One usage event to be paid, or one to be given back. */
export interface Charge {
  /** UUID of the usage event. */
  eventId: string;
  /** ≥ 0, also for a reversal. */
  amountNano: bigint;
  /** UUID of the event taken back; absent: an ordinary charge. */
  reversesId?: string | undefined;
}

/** What a lot gave (`consume`) or got back (`restore`) in one batch; never 0. */
export interface LotMove {
  lotId: string;
  kind: 'consume' | 'restore';
  amountNano: bigint;
}

/** Who paid what. */
export interface Allocation {
  /** One per charge, in the order of the charges; for a reversal: where the money went back to. */
  fundings: { eventId: string; reversal: boolean; funding: Funding }[];
  moves: LotMove[];
}

/** Nothing paid yet. */
export const noFunding = (): Funding => ({ paidNano: 0n, taxedNano: 0n, promoNano: 0n, postpaidNano: 0n });

/** Order of use: priority, then the earliest expiry, then age. */
export function compareLots(a: Lot, b: Lot): number {
  const expiry = (lot: Lot) => lot.expiresAt?.getTime() ?? Infinity;
  if (a.priority !== b.priority) return a.priority - b.priority;
  if (expiry(a) !== expiry(b)) return expiry(a) < expiry(b) ? -1 : 1;
  if (a.createdAt.getTime() !== b.createdAt.getTime()) return a.createdAt.getTime() - b.createdAt.getTime();
  return a.id < b.id ? -1 : 1;
}

/**
 * Pays the charges of one wallet from its lots, one after another; what no lot can pay is postpaid. A lot past
 * its expiry still pays until the expiry job has emptied it: calls that were admitted on it may end later.
 * `paidBefore` holds the funding of events that earlier batches paid, by event id; a reversal of an event that
 * is neither there nor among the charges before it throws.
 */
export function allocate(
  lots: readonly Lot[],
  charges: readonly Charge[],
  paidBefore: ReadonlyMap<string, Funding> = new Map(),
): Allocation {
  const state = [...lots].sort(compareLots).map((lot) => ({ ...lot, consumed: 0n, restored: 0n }));
  const known = new Map(paidBefore);
  const fundings: Allocation['fundings'] = [];
  for (const { eventId, amountNano, reversesId } of charges) {
    if (reversesId === undefined) {
      const funding = consume(state, amountNano);
      known.set(eventId, funding);
      fundings.push({ eventId, reversal: false, funding });
      continue;
    }
    const original = known.get(reversesId);
    if (!original) throw new Error(`event ${eventId} reverses ${reversesId}, which was never paid`);
    restore(state, original);
    fundings.push({ eventId, reversal: true, funding: original });
  }
  return { fundings, moves: state.flatMap(movesOf) };
}

type OpenLot = Lot & { consumed: bigint; restored: bigint };

function consume(lots: OpenLot[], amountNano: bigint): Funding {
  const funding = noFunding();
  let open = amountNano;
  for (const lot of lots) {
    if (open === 0n) break;
    const taken = open < lot.remainingNano ? open : lot.remainingNano;
    if (taken <= 0n) continue;
    lot.remainingNano -= taken;
    lot.consumed += taken;
    open -= taken;
    if (lot.kind === 'promo') funding.promoNano += taken;
    else funding.paidNano += taken;
    if (lot.kind !== 'promo' && lot.taxPoint === 'sale') funding.taxedNano += taken;
  }
  funding.postpaidNano = open;
  return funding;
}

/** Puts each part back into lots of its own sort, the one that would be used last first. */
function restore(lots: OpenLot[], funding: Funding): void {
  restoreInto(
    lots.filter((lot) => lot.kind === 'promo'),
    funding.promoNano,
  );
  const paid = lots.filter((lot) => lot.kind !== 'promo');
  restoreInto(
    paid.filter((lot) => lot.taxPoint === 'sale'),
    funding.taxedNano,
  );
  restoreInto(
    paid.filter((lot) => lot.taxPoint === 'use'),
    funding.paidNano - funding.taxedNano,
  );
}

function restoreInto(lots: OpenLot[], amountNano: bigint): void {
  let open = amountNano;
  for (const lot of lots.reverse()) {
    const room = lot.consumedNano + lot.consumed - lot.restored;
    const put = open < room ? open : room;
    lot.remainingNano += put;
    lot.restored += put;
    open -= put;
  }
  if (open > 0n) throw new Error(`more is given back than the lots ever paid: ${open} nano`);
}

function movesOf(lot: OpenLot): LotMove[] {
  const moves: LotMove[] = [
    { lotId: lot.id, kind: 'consume', amountNano: lot.consumed },
    { lotId: lot.id, kind: 'restore', amountNano: lot.restored },
  ];
  return moves.filter((move) => move.amountNano > 0n);
}
