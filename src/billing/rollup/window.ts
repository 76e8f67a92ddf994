/** Half-open spans of time, `[from, to)`, and how they lie on the hours that usage is rolled up by. */

/** From inclusive, to exclusive; both UTC instants. */
export interface TimeSpan {
  from: Date;
  to: Date;
}

/** The part of a span made of whole hours, and what is left over before and after it. */
export interface HourSplit {
  /** Absent: the span contains no whole hour. */
  hours?: TimeSpan | undefined;
  /** At most two spans, each shorter than an hour unless there are no whole hours. */
  edges: TimeSpan[];
}

const HOUR_MS = 3_600_000;

/** The start of the UTC hour an instant lies in. */
export const hourOf = (instant: Date): Date => new Date(Math.floor(instant.getTime() / HOUR_MS) * HOUR_MS);

/** Cuts a span at the hours, so that sums can be taken from rollups where whole hours are asked for. */
export function splitByHour({ from, to }: TimeSpan): HourSplit {
  const first = Math.ceil(from.getTime() / HOUR_MS) * HOUR_MS;
  const last = hourOf(to).getTime();
  if (first >= last) return { edges: from < to ? [{ from, to }] : [] };
  const hours = { from: new Date(first), to: new Date(last) };
  const edges = [
    { from, to: hours.from },
    { from: hours.to, to },
  ];
  return { hours, edges: edges.filter((edge) => edge.from < edge.to) };
}
