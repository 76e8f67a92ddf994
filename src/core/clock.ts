/** The only place that reads the machine's clocks. Money uses the database's clock instead. */

/** Wall-clock milliseconds since the epoch. */
export const nowMs = (): number => Date.now();

/** The wall clock as a Date. */
export const nowDate = (): Date => new Date();

/** Monotonic milliseconds, for durations and deadlines. */
export const monotonicMs = (): number => performance.now();
