import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { LogThrottle } from '../platform/queue/log-throttle.js';
import { RedisConnection } from '../platform/redis/redis-connection.service.js';
import {
  CONCURRENCY_RETRY_MS,
  RateLimitPort,
  reservedTokens,
  tightest,
  type LimitName,
  type RateLimitAnswer,
  type RateLimitRequest,
  type RefusingLimit,
  type ScopedLimits,
} from './rate-limit-port.js';
import { END_CALL, RENEW_CALLS, TAKE_LIMITS } from './rate-limit-scripts.js';

/** A running call keeps its slot this long unless its process says again that it runs. */
const LEASE_MS = 60_000;

const NAMES: readonly (LimitName | undefined)[] = [undefined, 'requests', 'tokens', 'concurrency'];

/**
 * Limits that all API processes share: one round trip a call, however many limits it is under. The slot of a running
 * call is leased, so that those of a process that died come free by themselves. Without Redis the calls go on, counted
 * in this process.
 */
export class RedisRateLimits extends RateLimitPort implements OnApplicationShutdown {
  /** Slots that this process holds: request id → the entries of the running calls it stands in. */
  private readonly running = new Map<string, readonly string[]>();
  private readonly renewal: NodeJS.Timeout;
  private readonly throttle = new LogThrottle();
  private readonly log = new Logger(RedisRateLimits.name);

  constructor(
    private readonly redis: RedisConnection,
    private readonly local: RateLimitPort,
    private readonly leaseMs = LEASE_MS,
  ) {
    super();
    this.renewal = setInterval(() => this.renew(), leaseMs / 3).unref();
  }

  async take(request: RateLimitRequest): Promise<RateLimitAnswer> {
    const keys = this.keysOf(request);
    try {
      return this.read(request, keys, await this.ask(request, keys));
    } catch (error) {
      // It may still be carried out when Redis comes back to itself; the call is then counted twice, but not for long.
      this.post(request, keys, 0);
      const line = this.throttle.admit(
        `Redis does not answer, limits are counted in this process meanwhile: ${(error as Error).message}`,
      );
      if (line !== null) this.log.warn(line);
      return this.local.take(request);
    }
  }

  onApplicationShutdown(): void {
    clearInterval(this.renewal);
  }

  private ask({ requestId, scopes, tokens }: RateLimitRequest, keys: string[]): Promise<unknown> {
    const values: (string | number)[] = [requestId, this.leaseMs, scopes.length];
    for (const { limits } of scopes) {
      const { requestsPerMinute = 0, tokensPerMinute = 0, concurrency = 0 } = limits;
      values.push(requestsPerMinute, tokensPerMinute, concurrency, reservedTokens(limits, tokens));
    }
    return this.redis.run(TAKE_LIMITS, keys, values);
  }

  private read(request: RateLimitRequest, keys: string[], reply: unknown): RateLimitAnswer {
    const { requestId, scopes } = request;
    const [limit = 0, scope = 0, waitMs = 0, ...figures] = reply as number[];
    const refusedBy = refusalIn(scopes[scope - 1], NAMES[limit]);
    const standings = (name: 'requestsPerMinute' | 'tokensPerMinute', at: number) =>
      tightest(
        scopes.map(({ limits }, index) => {
          const limit = limits[name];
          const [remaining = 0, resetMs = 0] = figures.slice(4 * index + at, 4 * index + at + 2);
          return limit === undefined ? undefined : { limit, remaining, resetMs };
        }),
      );
    let isRunning = refusedBy === undefined;
    const slots = keys.filter((_, at) => at % 2 === 1 && scopes[(at - 1) / 2]?.limits.concurrency);
    if (isRunning && slots.length > 0) this.running.set(requestId, slots);
    return {
      refusedBy,
      retryAfterMs: refusedBy?.name === 'concurrency' ? CONCURRENCY_RETRY_MS : waitMs,
      requests: standings('requestsPerMinute', 0),
      tokens: standings('tokensPerMinute', 2),
      end: (tokensUsed) => {
        if (!isRunning) return;
        isRunning = false;
        this.running.delete(requestId);
        this.post(request, keys, tokensUsed);
      },
    };
  }

  /** Takes a call off; when Redis is away its slots' leases run out by themselves. */
  private post({ requestId, scopes, tokens }: RateLimitRequest, keys: string[], tokensUsed: number): void {
    const values: (string | number)[] = [requestId, scopes.length];
    let isCounted = false;
    for (const { limits } of scopes) {
      const more = limits.tokensPerMinute === undefined ? 0 : tokensUsed - reservedTokens(limits, tokens);
      values.push(limits.tokensPerMinute ?? 0, more);
      isCounted ||= limits.concurrency !== undefined || more !== 0;
    }
    if (isCounted) this.redis.post(END_CALL, keys, values);
  }

  private renew(): void {
    const callsIn = new Map<string, string[]>();
    for (const [requestId, slots] of this.running) {
      for (const slot of slots) {
        const calls = callsIn.get(slot);
        if (calls) calls.push(requestId);
        else callsIn.set(slot, [requestId]);
      }
    }
    for (const [slot, calls] of callsIn) this.redis.post(RENEW_CALLS, [slot], [this.leaseMs, ...calls]);
  }

  /** Two entries a scope. The braces keep all of an organization on one node of a cluster, as one script demands. */
  private keysOf({ organizationId, scopes }: RateLimitRequest): string[] {
    return scopes.flatMap(({ scope, id }) => {
      const name = `${this.redis.prefix}:limit:{${organizationId}}:${scope}:${id}`;
      return [name, `${name}:running`];
    });
  }
}

function refusalIn(scoped: ScopedLimits | undefined, name: LimitName | undefined): RefusingLimit | undefined {
  if (scoped === undefined || name === undefined) return undefined;
  const { requestsPerMinute = 0, tokensPerMinute = 0, concurrency = 0 } = scoped.limits;
  const limit = { requests: requestsPerMinute, tokens: tokensPerMinute, concurrency }[name];
  return { scope: scoped.scope, name, limit };
}
