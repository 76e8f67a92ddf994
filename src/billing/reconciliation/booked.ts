import type { TokenClass } from '../../core/token-usage.js';

/** What is compared. Each is compared by itself: a statement may state one, the other, or both. */
export const MEASURES = ['quantity', 'cost'] as const;
/** One of them. */
export type Measure = (typeof MEASURES)[number];
/** Both: quantities as tokens or pieces, costs in nano. */
export type Figures = Record<Measure, bigint>;

/** Nothing of either. */
export const noFigures = (): Figures => ({ quantity: 0n, cost: 0n });

/** What the books say of the calls of a day, model and class; costs in nano, of the statement's currency alone. */
export interface BookedUsage {
  /** UTC, of the time the calls ended by the database's clock. */
  day: string;
  /** The upstream's name of the model. */
  model: string;
  tokenClass: TokenClass;
  sum: Figures;
  /** How many lines were rounded to nano. */
  lines: bigint;
  /** The largest call: no other is taken to have been larger. */
  largest: Figures;
  /** Of calls whose quantities were estimated, because no usage was reported. */
  estimated: Figures;
  /** Of calls so near to midnight that the provider may have counted them on the day before, or after. */
  toPrevious: Figures;
  toNext: Figures;
  /** Of customers who pay in other currencies, whose cost is kept in those. */
  otherCurrency: bigint;
}

/** Calls that reached a provider and are charged to nobody. */
export interface UnservedCalls {
  day: string;
  model: string;
  /** Attempts that failed after the provider may have worked, and were made again or given up. */
  retries: bigint;
  /** Calls whose caller or whose process went away before usage was known. */
  abandoned: bigint;
}

/** What a provider takes for what nobody was charged for: attempts that failed, and the house's own test calls. */
export interface UnbilledCosts {
  day: string;
  /** The upstream's name of the model. */
  model: string;
  /** Nano, of the statement's currency alone. */
  cost: bigint;
}

/** What the books say of one call that a statement names. */
export interface BookedCall {
  /** One of the ids the provider gave. */
  ref: string;
  /** UUID; a call may have asked the provider several times. */
  requestId: string;
  served: boolean;
  /** False: the caller or the process went away, and nothing was charged. */
  charged: boolean;
  estimated: boolean;
  model: string;
  /** Empty when nothing was charged. */
  classes: { tokenClass: TokenClass; quantity: bigint; costNano: bigint; sameCurrency: boolean }[];
}

/** What the books say of the days of a statement, and of the day before and after. */
export interface Booked {
  usage: BookedUsage[];
  unserved: UnservedCalls[];
  /** Of the days of the statement alone, without attempts that the statement names. */
  unbilled: UnbilledCosts[];
  /** Only calls the statement names; they are not in `usage`. */
  calls: BookedCall[];
  /** What was accrued for the days of the statement alone, in its currency; nano. */
  accruedCostNano: bigint;
  /** What of it nobody was charged for. */
  unbilledCostNano: bigint;
}
