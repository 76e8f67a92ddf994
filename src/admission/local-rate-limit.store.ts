import type { KeyRateLimits } from '../auth/principal.js';
import { monotonicMs } from '../core/clock.js';
import {
  CONCURRENCY_RETRY_MS,
  RateLimitPort,
  type LimitName,
  type RateLimitAnswer,
  type RateLimitRequest,
} from './rate-limit-port.js';
import { adjust, decide, standingAt, type RateDecision, type RateState } from './rate-limit.js';

/** Keys remembered; the one unused longest makes room and starts afresh. */
const MAX_KEYS = 50_000;

interface KeyUse {
  requests: RateState | undefined;
  tokens: RateState | undefined;
  running: number;
}

/** Limits counted in this process alone: exact for one API process, per process for several. */
export class LocalRateLimits extends RateLimitPort {
  private readonly keys = new Map<string, KeyUse>();

  constructor(private readonly maxKeys = MAX_KEYS) {
    super();
  }

  take(request: RateLimitRequest): Promise<RateLimitAnswer> {
    return Promise.resolve(this.decide(request));
  }

  private decide({ keyId, limits, tokens: cost }: RateLimitRequest): RateLimitAnswer {
    const use = this.useOf(keyId);
    const now = Math.floor(monotonicMs());
    const { requestsPerMinute, tokensPerMinute, concurrency } = limits;
    const requests =
      requestsPerMinute === undefined ? undefined : decide(use.requests, requestsPerMinute, 1, now);
    const tokens = tokensPerMinute === undefined ? undefined : decide(use.tokens, tokensPerMinute, cost, now);
    const isFull = concurrency !== undefined && use.running >= concurrency;
    const refusedBy = firstRefusal(requests, tokens, isFull);
    if (refusedBy === undefined) {
      use.requests = requests?.state ?? use.requests;
      use.tokens = tokens?.state ?? use.tokens;
      if (concurrency !== undefined) use.running += 1;
    }
    const retryAfterMs = Math.max(
      requests?.retryAfterMs ?? 0,
      tokens?.retryAfterMs ?? 0,
      isFull ? CONCURRENCY_RETRY_MS : 0,
    );
    let isRunning = refusedBy === undefined;
    const end = (tokensUsed: number): void => {
      if (!isRunning) return;
      isRunning = false;
      release(use, limits, tokensUsed - cost);
    };
    return { refusedBy, retryAfterMs, ...standings(use, limits, now), end };
  }

  private useOf(keyId: string): KeyUse {
    const use = this.keys.get(keyId) ?? { requests: undefined, tokens: undefined, running: 0 };
    this.keys.delete(keyId);
    this.keys.set(keyId, use);
    if (this.keys.size > this.maxKeys) this.keys.delete(this.keys.keys().next().value as string);
    return use;
  }
}

function firstRefusal(
  requests: RateDecision | undefined,
  tokens: RateDecision | undefined,
  isFull: boolean,
): LimitName | undefined {
  if (requests?.allowed === false) return 'requests';
  if (tokens?.allowed === false) return 'tokens';
  return isFull ? 'concurrency' : undefined;
}

/** Where the limits stand after the decision: a call that one limit refused took nothing of the others. */
function standings(
  use: KeyUse,
  { requestsPerMinute, tokensPerMinute }: KeyRateLimits,
  now: number,
): Pick<RateLimitAnswer, 'requests' | 'tokens'> {
  return {
    requests: requestsPerMinute === undefined ? undefined : standingAt(use.requests, requestsPerMinute, now),
    tokens: tokensPerMinute === undefined ? undefined : standingAt(use.tokens, tokensPerMinute, now),
  };
}

function release(use: KeyUse, { tokensPerMinute, concurrency }: KeyRateLimits, tokens: number): void {
  if (concurrency !== undefined) use.running -= 1;
  if (tokensPerMinute !== undefined && tokens !== 0)
    use.tokens = adjust(use.tokens, tokensPerMinute, tokens, Math.floor(monotonicMs()));
}
