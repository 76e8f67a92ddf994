/** How much of the past a new measurement leaves: the last ten or so count. */
const KEPT = 0.85;
/** What the weights of a long past add up to. */
const FULL_WEIGHT = 1 / (1 - KEPT);
/** Answers shorter than this say little about pace. */
const MIN_OUTPUT_TOKENS = 9;

/** What was measured of one deployment. */
export interface Measured {
  firstTokenMs?: number | undefined;
  tokensPerSecond?: number | undefined;
  /** 0–1. */
  errorRate: number;
  /** Share of input tokens that came out of the vendor's prompt cache, 0–1. */
  cacheShare: number;
}

/** One attempt that ended. */
export interface AttemptMeasurement {
  failed: boolean;
  firstTokenMs?: number | undefined;
  /** Output tokens, and the time from the first to the last of them. */
  outputTokens?: number | undefined;
  outputMs?: number | undefined;
  /** Input tokens in all, and those of them read from a cache. */
  inputTokens?: number | undefined;
  cachedTokens?: number | undefined;
  /** Input tokens written to a cache. */
  cacheWritten?: number | undefined;
}

/** A sum of measurements and of their weights, both fading. */
export interface FadingSum {
  sum: number;
  weight: number;
}

/** What one process, or several together, measured of one deployment. Sums, so that those of several add up. */
export interface MeasuredSums {
  /** Of 1 for each failure and 0 for each answer. */
  errors: FadingSum;
  firstTokenMs: FadingSum;
  tokensPerSecond: FadingSum;
  cacheShare: FadingSum;
}

/** What is measured of a deployment: errors and cacheShare are shares from 0 to 1. */
export const MEASURES = ['errors', 'firstTokenMs', 'tokensPerSecond', 'cacheShare'] as const;

const NONE: FadingSum = { sum: 0, weight: 0 };
/** Nothing was measured. */
export const NO_SUMS: MeasuredSums = {
  errors: NONE,
  firstTokenMs: NONE,
  tokensPerSecond: NONE,
  cacheShare: NONE,
};

/** The sums with one more attempt. */
export function withAttempt(sums: MeasuredSums, attempt: AttemptMeasurement): MeasuredSums {
  const errors = faded(sums.errors, attempt.failed ? 1 : 0);
  if (attempt.failed) return { ...sums, errors };
  const { firstTokenMs, outputTokens = 0, outputMs = 0, inputTokens = 0, cachedTokens = 0 } = attempt;
  const hasPace = outputTokens >= MIN_OUTPUT_TOKENS && outputMs > 0;
  const hasShare = inputTokens > 0;
  return {
    errors,
    firstTokenMs: faded(sums.firstTokenMs, firstTokenMs),
    tokensPerSecond: faded(sums.tokensPerSecond, hasPace ? (outputTokens * 1_000) / outputMs : undefined),
    cacheShare: faded(sums.cacheShare, hasShare ? Math.min(1, cachedTokens / inputTokens) : undefined),
  };
}

/** What several processes measured, together. */
export function addedSums(all: readonly MeasuredSums[]): MeasuredSums {
  const [first = NO_SUMS, ...others] = all;
  if (others.length === 0) return first;
  const added = (measure: (typeof MEASURES)[number]): FadingSum => ({
    sum: all.reduce((total, one) => total + one[measure].sum, 0),
    weight: all.reduce((total, one) => total + one[measure].weight, 0),
  });
  return {
    errors: added('errors'),
    firstTokenMs: added('firstTokenMs'),
    tokensPerSecond: added('tokensPerSecond'),
    cacheShare: added('cacheShare'),
  };
}

/**
 * The averages behind sums. Times and pace are of what was measured, however little; failures and cached shares count as
 * parts of a full past, so that one failure is no hopeless case and one hit no cheap one.
 */
export const measuredOf = (sums: MeasuredSums): Measured => ({
  firstTokenMs: averageOf(sums.firstTokenMs),
  tokensPerSecond: averageOf(sums.tokensPerSecond),
  errorRate: sums.errors.sum / Math.max(FULL_WEIGHT, sums.errors.weight),
  cacheShare: sums.cacheShare.sum / Math.max(FULL_WEIGHT, sums.cacheShare.weight),
});

const faded = (before: FadingSum, value: number | undefined): FadingSum =>
  value === undefined ? before : { sum: before.sum * KEPT + value, weight: before.weight * KEPT + 1 };

const averageOf = ({ sum, weight }: FadingSum): number | undefined =>
  weight === 0 ? undefined : sum / weight;
