import { addDays } from './statement.js';

/** What may make two honest books differ. */
export type Reason =
  'clock_skew' | 'other_currency' | 'estimated_usage' | 'unbilled' | 'retries' | 'abandoned' | 'rounding';

/** A part of a difference and its reason; above 0 when the provider states more. */
export interface Explanation {
  reason: Reason;
  amount: bigint;
}

/** One figure of one day, with all that may explain a difference. No field but `stated` and `booked` is below 0. */
export interface Compared {
  day: string;
  stated: bigint;
  booked: bigint;
  /** By how much each reason can explain at most. */
  toPrevious: bigint;
  toNext: bigint;
  otherCurrency: bigint;
  estimated: bigint;
  unbilled: bigint;
  retries: bigint;
  abandoned: bigint;
  rounding: bigint;
}

/** What becomes of the difference of one day. */
export interface Explained {
  explained: Explanation[];
  /** What is left; above 0 when the provider states more. */
  open: bigint;
}

const min = (...values: bigint[]): bigint => values.reduce((a, b) => (b < a ? b : a));
const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/**
 * Explains the differences of one model and class, day by day. `days` are in order; `before` and `after` are what the books
 * have on the days around, of which some may have been counted inside by the provider. A reason explains no more than what it
 * can account for; the parts and the open rest add up to `stated − booked` exactly.
 */
export function explain(
  days: readonly Compared[],
  around: { before: bigint; after: bigint } = { before: 0n, after: 0n },
): Explained[] {
  const open = days.map(({ stated, booked }) => stated - booked);
  const parts: Explanation[][] = days.map(() => []);
  const take = (index: number, reason: Reason, amount: bigint): void => {
    if (amount === 0n) return;
    parts[index]?.push({ reason, amount });
    open[index] = (open[index] ?? 0n) - amount;
  };
  shiftOverMidnight(days, open, take);
  shiftOverEdges(days, open, take, around);
  days.forEach((day, index) => {
    const rest = (): bigint => open[index] ?? 0n;
    const upTo = (reason: Reason, most: bigint): void => {
      if (rest() > 0n) take(index, reason, min(rest(), most));
    };
    upTo('other_currency', day.otherCurrency);
    const guess = min(abs(rest()), day.estimated);
    take(index, 'estimated_usage', rest() < 0n ? -guess : guess);
    upTo('unbilled', day.unbilled);
    upTo('retries', day.retries);
    upTo('abandoned', day.abandoned);
    if (abs(rest()) <= day.rounding) take(index, 'rounding', rest());
  });
  return parts.map((explained, index) => ({ explained, open: open[index] ?? 0n }));
}

type Take = (index: number, reason: Reason, amount: bigint) => void;

/** A call that ended around midnight is on one day here and on its neighbour there: both days, by the same amount. */
function shiftOverMidnight(days: readonly Compared[], open: bigint[], take: Take): void {
  for (let index = 0; index + 1 < days.length; index += 1) {
    const [today, tomorrow] = [days[index], days[index + 1]];
    if (!today || !tomorrow || addDays(today.day, 1) !== tomorrow.day) continue;
    const [here, there] = [open[index] ?? 0n, open[index + 1] ?? 0n];
    const earlier = min(here, -there, tomorrow.toPrevious);
    const later = min(-here, there, today.toNext);
    const moved = earlier > 0n ? earlier : later > 0n ? -later : 0n;
    take(index, 'clock_skew', moved);
    take(index + 1, 'clock_skew', -moved);
  }
}

/** The same at the first and last midnight, where the neighbour is not part of the statement. */
function shiftOverEdges(
  days: readonly Compared[],
  open: bigint[],
  take: Take,
  around: { before: bigint; after: bigint },
): void {
  const edge = (index: number, comesIn: bigint, goesOut: bigint): void => {
    const rest = open[index] ?? 0n;
    take(index, 'clock_skew', rest > 0n ? min(rest, comesIn) : -min(-rest, goesOut));
  };
  const [first] = days;
  const last = days.at(-1);
  if (!first || !last) return;
  edge(0, around.before, first.toPrevious);
  edge(days.length - 1, around.after, last.toNext);
}
