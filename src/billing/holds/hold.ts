/**
 * The words of a hold: money of a wallet set aside for one call before it goes out. Its id is the request's id, and
 * the row is the write-ahead record of the call.
 */

/** What became of a call that somebody asked to end. `already_closed`: somebody else had ended it before. */
export type SettleOutcome = 'settled' | 'released' | 'already_closed';

/** The answer for one call that was ended. */
export interface ClosedHold {
  /** UUID of the hold and of its request. */
  holdId: string;
  outcome: SettleOutcome;
  /** What the customer pays, in nano; 0 unless settled. */
  chargedNano: bigint;
  /** What the house bears because the wallet could not pay it all, in nano. */
  absorbedNano: bigint;
}

/** What a sweep did, for its log line. */
export interface SweepCount {
  /** Holds settled at their last checkpoint. */
  settled: number;
  /** Holds released because nothing was known of their call. */
  released: number;
  chargedNano: bigint;
}

/** Sums up swept holds. */
export function countSwept(holds: readonly ClosedHold[]): SweepCount {
  const settled = holds.filter(({ outcome }) => outcome === 'settled');
  return {
    settled: settled.length,
    released: holds.filter(({ outcome }) => outcome === 'released').length,
    chargedNano: settled.reduce((sum, { chargedNano }) => sum + chargedNano, 0n),
  };
}

/**
 * Whether a worker may sweep: only after it has reached the database for a while without a failure, so that after
 * an outage the gateways first write what they kept in their journals. `reachableSinceMs` undefined: the last
 * attempt failed.
 */
export const maySweep = (reachableSinceMs: number | undefined, nowMs: number, quietMs: number): boolean =>
  reachableSinceMs !== undefined && nowMs - reachableSinceMs >= quietMs;
