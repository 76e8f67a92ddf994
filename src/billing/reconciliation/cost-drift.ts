import { formatNano } from '../../core/money.js';

/** How far what a provider says may lie from what was accrued before it is told: 2 %. */
export const DRIFT_LIMIT_PPM = 20_000n;

/** What a provider said it takes for calls, and what was accrued for the same calls; nano dollars. */
export interface CostDrift {
  /** UTC, `YYYY-MM-DD`. */
  day: string;
  /** Slug. */
  provider: string;
  model: string;
  calls: number;
  statedNano: bigint;
  accruedNano: bigint;
  /** What is stated beyond what was accrued, parts per million of what is stated; null: nothing is stated. */
  driftPpm: bigint | null;
  /** Whether that is beyond the limit, one way or the other. */
  isOver: boolean;
}

/** Judges what was said of some calls. A provider that takes nothing for what was accrued is beyond every limit. */
export function judgeDrift(
  said: Omit<CostDrift, 'driftPpm' | 'isOver'>,
  limitPpm: bigint = DRIFT_LIMIT_PPM,
): CostDrift {
  const { statedNano, accruedNano } = said;
  const difference = statedNano - accruedNano;
  const size = difference < 0n ? -difference : difference;
  const driftPpm = statedNano === 0n ? null : (difference * 1_000_000n) / statedNano;
  // A nano for each call: what rounding each of them may make.
  const isOver = size > BigInt(said.calls) && size * 1_000_000n > statedNano * limitPpm;
  return { ...said, driftPpm, isOver };
}

/** A drift as the API and alerts show it. */
export const showDrift = (drift: CostDrift) => ({
  day: drift.day,
  provider: drift.provider,
  model: drift.model,
  calls: drift.calls,
  stated: formatNano(drift.statedNano),
  accrued: formatNano(drift.accruedNano),
  currency: 'USD',
  drift_ppm: drift.driftPpm?.toString() ?? null,
  over: drift.isOver,
});
