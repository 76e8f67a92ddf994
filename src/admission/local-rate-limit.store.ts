import { monotonicMs } from '../core/clock.js';
import type { RateLimits } from '../core/rate-limits.js';
import {
  CONCURRENCY_RETRY_MS,
  RateLimitPort,
  reservedTokens,
  tightest,
  type RateLimitAnswer,
  type RateLimitRequest,
  type RefusingLimit,
  type ScopedLimits,
} from './rate-limit-port.js';
import { adjust, decide, standingAt, type RateDecision, type RateState } from './rate-limit.js';

/** Counters remembered; the one unused longest makes room and starts afresh. */
const MAX_COUNTERS = 50_000;

interface Use {
  requests: RateState | undefined;
  tokens: RateState | undefined;
  running: number;
}

/** One scope's part of a decision. */
interface Part {
  scoped: ScopedLimits;
  /** This process's share of the limits. */
  limits: RateLimits;
  use: Use;
  cost: number;
  requests: RateDecision | undefined;
  tokens: RateDecision | undefined;
  isFull: boolean;
}

/** Limits counted in this process alone: exact for one API process; one of N, it admits an Nth of each limit. */
export class LocalRateLimits extends RateLimitPort {
  private readonly counters = new Map<string, Use>();

  /** `processes`: how many share the limits at the moment. */
  constructor(
    private readonly processes: () => number = () => 1,
    private readonly maxCounters = MAX_COUNTERS,
  ) {
    super();
  }

  take(request: RateLimitRequest): Promise<RateLimitAnswer> {
    return Promise.resolve(this.decide(request));
  }

  private decide({ organizationId, scopes, tokens }: RateLimitRequest): RateLimitAnswer {
    const now = Math.floor(monotonicMs());
    const share = Math.max(1, this.processes());
    const parts = scopes.map((scoped) => this.part(organizationId, scoped, { tokens, now, share }));
    const refusedBy = firstRefusal(parts);
    if (refusedBy === undefined) for (const part of parts) use(part);
    const waits = parts.map((part) =>
      Math.max(
        part.requests?.retryAfterMs ?? 0,
        part.tokens?.retryAfterMs ?? 0,
        part.isFull ? CONCURRENCY_RETRY_MS : 0,
      ),
    );
    let isRunning = refusedBy === undefined;
    const end = (tokensUsed: number): void => {
      if (!isRunning) return;
      isRunning = false;
      for (const part of parts) release(part, tokensUsed);
    };
    return { refusedBy, retryAfterMs: Math.max(0, ...waits), ...standings(parts, now), end };
  }

  private part(
    organizationId: string,
    scoped: ScopedLimits,
    { tokens, now, share }: { tokens: number; now: number; share: number },
  ): Part {
    const use = this.useOf(`${organizationId} ${scoped.scope} ${scoped.id}`);
    const limits = shareOf(scoped.limits, share);
    const { requestsPerMinute, tokensPerMinute, concurrency } = limits;
    const cost = reservedTokens(limits, tokens);
    return {
      scoped,
      limits,
      use,
      cost,
      requests: requestsPerMinute === undefined ? undefined : decide(use.requests, requestsPerMinute, 1, now),
      tokens: tokensPerMinute === undefined ? undefined : decide(use.tokens, tokensPerMinute, cost, now),
      isFull: concurrency !== undefined && use.running >= concurrency,
    };
  }

  private useOf(name: string): Use {
    const use = this.counters.get(name) ?? { requests: undefined, tokens: undefined, running: 0 };
    this.counters.delete(name);
    this.counters.set(name, use);
    if (this.counters.size > this.maxCounters)
      this.counters.delete(this.counters.keys().next().value as string);
    return use;
  }
}

/** What one of so many processes may admit; never nothing. */
function shareOf(limits: RateLimits, processes: number): RateLimits {
  if (processes === 1) return limits;
  const part = (limit: number | undefined) =>
    limit === undefined ? undefined : Math.max(1, Math.floor(limit / processes));
  return {
    requestsPerMinute: part(limits.requestsPerMinute),
    tokensPerMinute: part(limits.tokensPerMinute),
    concurrency: part(limits.concurrency),
  };
}

function firstRefusal(parts: readonly Part[]): RefusingLimit | undefined {
  for (const { scoped, requests, tokens, isFull } of parts) {
    const { scope, limits } = scoped;
    if (requests?.allowed === false) return { scope, name: 'requests', limit: limits.requestsPerMinute ?? 0 };
    if (tokens?.allowed === false) return { scope, name: 'tokens', limit: limits.tokensPerMinute ?? 0 };
    if (isFull) return { scope, name: 'concurrency', limit: limits.concurrency ?? 0 };
  }
  return undefined;
}

function use({ use, limits, requests, tokens }: Part): void {
  use.requests = requests?.state ?? use.requests;
  use.tokens = tokens?.state ?? use.tokens;
  if (limits.concurrency !== undefined) use.running += 1;
}

/** Where the limits stand after the decision: a call that one limit refused took nothing of the others. */
function standings(parts: readonly Part[], now: number): Pick<RateLimitAnswer, 'requests' | 'tokens'> {
  const standing = (state: RateState | undefined, limit: number | undefined) =>
    limit === undefined ? undefined : standingAt(state, limit, now);
  return {
    requests: tightest(parts.map(({ use, limits }) => standing(use.requests, limits.requestsPerMinute))),
    tokens: tightest(parts.map(({ use, limits }) => standing(use.tokens, limits.tokensPerMinute))),
  };
}

function release({ use, limits, cost }: Part, tokensUsed: number): void {
  const { tokensPerMinute, concurrency } = limits;
  if (concurrency !== undefined) use.running -= 1;
  if (tokensPerMinute !== undefined && tokensUsed !== cost)
    use.tokens = adjust(use.tokens, tokensPerMinute, tokensUsed - cost, Math.floor(monotonicMs()));
}
