/**
 * The generic cell rate algorithm in its leaky-bucket form (ITU-T I.371), in whole numbers. A limit is so many units
 * a minute; the bucket holds one minute's allowance. So a key that was idle may use a whole minute's allowance at
 * once, and in any window of w milliseconds at most `limit + limit × w / 60,000` units are admitted: the behaviour
 * that OpenAI and Anthropic document for their own limits.
 */

/** Units × 60,000: what a minute drains is then `limit` a millisecond, and nothing is ever rounded. */
const MINUTE_MS = 60_000;

/** How full the bucket of one limit was, and when. */
export interface RateState {
  /** Units used and not yet drained, times 60,000. May exceed the bucket when a call used more than it reserved. */
  debt: number;
  /** Whole milliseconds of whatever clock the caller always uses. */
  atMs: number;
}

/** Where a limit stands. */
export interface RateStanding {
  /** Units a minute. */
  limit: number;
  /** Units that could be used at once now; never negative. */
  remaining: number;
  /** Milliseconds until the whole allowance is there again. */
  resetMs: number;
}

export interface RateDecision extends RateStanding {
  allowed: boolean;
  /** The state after the decision; a refusal uses nothing. */
  state: RateState;
  /** The smallest number of milliseconds after which the same cost is admitted if nobody else comes; 0 when allowed. */
  retryAfterMs: number;
}

/** May `cost` units (0 to `limit`) be used now? `state` undefined means never used. */
export function decide(
  state: RateState | undefined,
  limit: number,
  cost: number,
  nowMs: number,
): RateDecision {
  const drained = drain(state, limit, nowMs);
  const over = drained.debt + cost * MINUTE_MS - limit * MINUTE_MS;
  const allowed = over <= 0;
  const next = allowed ? { debt: drained.debt + cost * MINUTE_MS, atMs: nowMs } : drained;
  return {
    ...standingOf(next, limit),
    allowed,
    state: next,
    retryAfterMs: allowed ? 0 : Math.ceil(over / limit),
  };
}

/** The state after `units` more (or, when negative, fewer) turned out to be used; never below empty. */
export function adjust(state: RateState | undefined, limit: number, units: number, nowMs: number): RateState {
  const { debt } = drain(state, limit, nowMs);
  return { debt: Math.max(0, debt + units * MINUTE_MS), atMs: nowMs };
}

/** Where a limit stands when nothing is used. */
export const standingAt = (state: RateState | undefined, limit: number, nowMs: number): RateStanding =>
  standingOf(drain(state, limit, nowMs), limit);

function standingOf({ debt }: RateState, limit: number): RateStanding {
  const free = limit * MINUTE_MS - debt;
  return {
    limit,
    remaining: Math.max(0, Math.floor(free / MINUTE_MS)),
    resetMs: Math.ceil(debt / limit),
  };
}

/** A clock that was set back drains nothing, and counts from where it now is. */
function drain(state: RateState | undefined, limit: number, nowMs: number): RateState {
  if (state === undefined) return { debt: 0, atMs: nowMs };
  return { debt: Math.max(0, state.debt - limit * Math.max(0, nowMs - state.atMs)), atMs: nowMs };
}
