import type { RateLimits } from '../core/rate-limits.js';
import type { RateStanding } from './rate-limit.js';

/** The limits there can be. */
export type LimitName = 'requests' | 'tokens' | 'concurrency';

/** Whose limits they are. Those of a model hold for each organization by itself (statement 47). */
export type LimitScope = 'key' | 'project' | 'organization' | 'model';

/** The limits of one scope, with the counters they are counted in. */
export interface ScopedLimits {
  scope: LimitScope;
  /** Names the counters: id of the key, project, organization or model. */
  id: string;
  limits: RateLimits;
}

/** A call that asks for its share of every limit it is under. */
export interface RateLimitRequest {
  /** UUID of the request. */
  requestId: string;
  /** Whose calls these are; counters of one organization are kept together. */
  organizationId: string;
  /** At least one; each with at least one limit. */
  scopes: readonly ScopedLimits[];
  /** Tokens to reserve until the call ends; of a smaller limit, that whole limit. */
  tokens: number;
}

/** The limit that refuses a call, and whose it is. */
export interface RefusingLimit {
  scope: LimitScope;
  name: LimitName;
  /** Units a minute, or calls at the same time. */
  limit: number;
}

/** Whether a call is within all its limits. */
export interface RateLimitAnswer {
  /** The limit that refuses the call; absent when it may go on. Then all limits were taken, else none. */
  refusedBy: RefusingLimit | undefined;
  /** Milliseconds after which a refused call may be tried again; 0 otherwise. */
  retryAfterMs: number;
  /** The tightest limit on requests; absent without one. */
  requests: RateStanding | undefined;
  /** The tightest limit on tokens; absent without one. */
  tokens: RateStanding | undefined;
  /**
   * The call has ended: frees its slots and counts the tokens it used in place of those reserved. Never throws; only
   * the first call does anything, and none after a refusal.
   */
  end(tokensUsed: number): void;
}

/** How long a call refused for concurrency is told to wait: nobody knows when a running call ends. */
export const CONCURRENCY_RETRY_MS = 1_000;

/** Counts what is used against limits. */
export abstract class RateLimitPort {
  /** Takes a share of every limit, or of none. Never rejects: limits fail open, money is checked apart. */
  abstract take(request: RateLimitRequest): Promise<RateLimitAnswer>;
}

/** What a call reserves of one scope's tokens: a call larger than a minute's allowance waits for a full minute. */
export const reservedTokens = ({ tokensPerMinute }: RateLimits, tokens: number): number =>
  tokensPerMinute === undefined ? 0 : Math.min(tokens, tokensPerMinute);

/** The standing that the caller meets first: the one with the least left, of equals the one that takes longest. */
export function tightest(standings: readonly (RateStanding | undefined)[]): RateStanding | undefined {
  let found: RateStanding | undefined;
  for (const standing of standings) {
    if (standing === undefined) continue;
    const isTighter =
      found === undefined ||
      standing.remaining < found.remaining ||
      (standing.remaining === found.remaining && standing.resetMs > found.resetMs);
    if (isTighter) found = standing;
  }
  return found;
}
