import type { KeyRateLimits } from '../auth/principal.js';
import type { RateStanding } from './rate-limit.js';

/** The limits a key can have. */
export type LimitName = 'requests' | 'tokens' | 'concurrency';

/** A call that asks for its share of a key's limits. */
export interface RateLimitRequest {
  /** UUID of the request. */
  requestId: string;
  keyId: string;
  limits: KeyRateLimits;
  /** Tokens to reserve until the call ends; at most the limit itself. */
  tokens: number;
}

/** Whether a call is within its key's limits. */
export interface RateLimitAnswer {
  /** The limit that refuses the call; absent when it may go on. Then all limits were taken, else none. */
  refusedBy: LimitName | undefined;
  /** Milliseconds after which a refused call may be tried again; 0 otherwise. */
  retryAfterMs: number;
  /** Absent without a limit on requests. */
  requests: RateStanding | undefined;
  /** Absent without a limit on tokens. */
  tokens: RateStanding | undefined;
  /**
   * The call has ended: frees its slot and counts the tokens it used in place of those reserved. Never throws; only
   * the first call does anything, and none after a refusal.
   */
  end(tokensUsed: number): void;
}

/** How long a call refused for its key's concurrency is told to wait: nobody knows when a running call ends. */
export const CONCURRENCY_RETRY_MS = 1_000;

/** Counts what keys use against their limits. */
export abstract class RateLimitPort {
  /** Takes a share of every limit of the key, or of none. Never rejects: limits fail open, money is checked apart. */
  abstract take(request: RateLimitRequest): Promise<RateLimitAnswer>;
}

/** True for a key that has any limit. */
export const isRateLimited = (limits: KeyRateLimits): boolean =>
  limits.requestsPerMinute !== undefined ||
  limits.tokensPerMinute !== undefined ||
  limits.concurrency !== undefined;
