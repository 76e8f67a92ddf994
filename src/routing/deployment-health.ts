import type { FailureCause } from '../providers/upstream-failure.js';

/** Failures in a row that eject. */
const MAX_FAILURES = 5;
/** First ejection; each further one in a row is longer by as much, up to the longest. */
const BASE_EJECTION_MS = 10_000;
const MAX_EJECTION_MS = 300_000;
/** Rest after a rate limit or an overload that named no time. */
const REST_MS = 1_000;
/** How long one try that decides is waited for before another may be made. */
export const PROBE_MS = 5_000;
/** Failures that say something about the upstream's health. */
const ILLNESS: readonly FailureCause[] = ['fault', 'timeout'];
/** Failures that only concern the credential: it cools down at each, and several in a row eject it. */
const CREDENTIAL: FailureCause = 'account';
/** When more than this share of what could serve is ejected, ejection is not believed (Envoy's panic threshold). */
const PANIC_SHARE = 0.5;

/** Where one deployment, or one credential, stands. */
export interface HealthState {
  /** Failures in a row. */
  failures: number;
  /** Ejections in a row. */
  ejections: number;
  /** Ejected until then, by the clock that `nowMs` comes from; 0: not ejected. */
  ejectedUntilMs: number;
  /** A try is out that decides whether the ejection ends. */
  probing: boolean;
  /** The upstream asked not to be called until then: back-pressure, not illness. */
  restUntilMs: number;
}

const WELL: HealthState = { failures: 0, ejections: 0, ejectedUntilMs: 0, probing: false, restUntilMs: 0 };

/** closed: calls may go there. open: ejected. half_open: the ejection is over, and one try decides. */
export type Standing = 'closed' | 'open' | 'half_open';

/** The state after an attempt served. */
export const afterSuccess = (state: HealthState = WELL): HealthState => ({
  ...WELL,
  restUntilMs: state.restUntilMs,
});

/** The state after an attempt failed. Back-pressure makes it rest, only illness counts towards ejection. */
export function afterFailure(
  state: HealthState = WELL,
  cause: FailureCause,
  { nowMs, waitMs }: { nowMs: number; waitMs?: number | undefined },
): HealthState {
  if (cause === 'rate_limit' || cause === 'overloaded')
    return {
      ...state,
      probing: false,
      restUntilMs: Math.max(state.restUntilMs, nowMs + (waitMs ?? REST_MS)),
    };
  if (!ILLNESS.includes(cause) && cause !== CREDENTIAL) return { ...state, probing: false };
  const failures = state.failures + 1;
  const restUntilMs = cause === CREDENTIAL ? Math.max(state.restUntilMs, nowMs + REST_MS) : state.restUntilMs;
  // A try that was to end an ejection and failed prolongs it.
  const isEjected = state.probing || (failures >= MAX_FAILURES && state.ejectedUntilMs <= nowMs);
  if (!isEjected) return { ...state, failures, restUntilMs };
  const ejections = state.ejections + 1;
  const lastsMs = Math.min(BASE_EJECTION_MS * ejections, MAX_EJECTION_MS);
  return { failures, ejections, probing: false, restUntilMs, ejectedUntilMs: nowMs + lastsMs };
}

/** Whether calls go there: all, none, or (the ejection is over) one that decides. */
export function standingAt(state: HealthState = WELL, nowMs: number): Standing {
  if (state.ejectedUntilMs === 0) return 'closed';
  return nowMs < state.ejectedUntilMs ? 'open' : 'half_open';
}

/** By when an instant, and for how long after an ejection customers' calls leave it to probes whether it ends. */
export interface HealthClock {
  nowMs: number;
  /** 0: a customer's call decides at once. */
  graceMs: number;
}

/** Until when calls of customers keep away; 0: they need not. */
const outUntilMs = (state: HealthState | undefined, graceMs: number): number =>
  state === undefined || state.ejectedUntilMs === 0 ? 0 : state.ejectedUntilMs + graceMs;

/** Milliseconds until what all these states are about may be called; 0: now, if only to decide about an ejection. */
export const waitMsOf = (
  states: readonly (HealthState | undefined)[],
  { nowMs, graceMs }: HealthClock,
): number =>
  Math.max(
    0,
    ...states.map((state) => Math.max(outUntilMs(state, graceMs), state?.restUntilMs ?? 0) - nowMs),
  );

/** A half-open one is about to be tried: the others wait for what comes of it, a while. */
export const underProbe = (state: HealthState, nowMs: number): HealthState => ({
  ...state,
  probing: true,
  ejectedUntilMs: nowMs + PROBE_MS,
});

/** Whether calls of customers keep away from what all these states are about. */
export const isEjected = (
  states: readonly (HealthState | undefined)[],
  { nowMs, graceMs }: HealthClock,
): boolean => states.some((state) => outUntilMs(state, graceMs) > nowMs);

/**
 * Puts those that are not to be called behind those that are: first the well ones, then those that rest (soonest
 * first). Ejected ones are left out, or, where of all who could serve (`among`: others beside these, too) so many are that
 * the fault is more likely ours (panic), or nobody else is here, tried last. Never empty when the input is not.
 */
export function byHealth<C>(
  candidates: readonly C[],
  stateOf: (candidate: C) => readonly (HealthState | undefined)[],
  clock: HealthClock,
  among: readonly C[] = candidates,
): C[] {
  const isOut = (one: C): boolean => isEjected(stateOf(one), clock);
  const isBelieved = among.filter(isOut).length <= among.length * PANIC_SHARE;
  const well = candidates.filter((one) => !isOut(one));
  const left = isBelieved && well.length > 0 ? well : candidates;
  const waitOf = (one: C): number =>
    isOut(one)
      ? Infinity
      : Math.max(0, ...stateOf(one).map((state) => (state?.restUntilMs ?? 0) - clock.nowMs));
  const waits = new Map(left.map((one) => [one, waitOf(one)]));
  return [...left].sort((a, b) => compare(waits.get(a) as number, waits.get(b) as number));
}

/** Infinity equals itself. */
const compare = (a: number, b: number): number => (a === b ? 0 : a - b);
