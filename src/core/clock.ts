/** The only place that reads the machine's clocks. Money uses the database's clock instead. */

/** Wall-clock milliseconds since the epoch. */
export const nowMs = (): number => Date.now();

/** The wall clock as a Date. */
export const nowDate = (): Date => new Date();

let spelledMs = NaN;
let spelled = '';

/** Epoch milliseconds in ISO 8601, UTC. Asked again for the instant of the last answer, as busy processes do, it has it ready. */
export function isoTime(ms: number): string {
  if (ms !== spelledMs) {
    spelled = new Date(ms).toISOString();
    spelledMs = ms;
  }
  return spelled;
}

/** Monotonic milliseconds, for durations and deadlines. */
export const monotonicMs = (): number => performance.now();
