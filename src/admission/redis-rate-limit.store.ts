import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { LogThrottle } from '../platform/queue/log-throttle.js';
import { RedisConnection } from '../platform/redis/redis-connection.service.js';
import {
  CONCURRENCY_RETRY_MS,
  RateLimitPort,
  type LimitName,
  type RateLimitAnswer,
  type RateLimitRequest,
} from './rate-limit-port.js';
import { END_CALL, RENEW_CALLS, TAKE_LIMITS } from './rate-limit-scripts.js';

/** A running call keeps its slot this long unless its process says again that it runs. */
const LEASE_MS = 60_000;

const REFUSALS: readonly (LimitName | undefined)[] = [undefined, 'requests', 'tokens', 'concurrency'];

/**
 * Limits that all API processes share, one round trip a call. The slot of a running call is leased, so that those of
 * a process that died come free by themselves. Without Redis the calls go on, counted in this process.
 */
export class RedisRateLimits extends RateLimitPort implements OnApplicationShutdown {
  /** Slots that this process holds: request id → key id. */
  private readonly running = new Map<string, string>();
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
    try {
      return this.read(request, await this.ask(request));
    } catch (error) {
      // It may still be carried out when Redis comes back to itself; the call is then counted twice, but not for long.
      this.post(request, -request.tokens);
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

  private ask({ requestId, keyId, limits, tokens }: RateLimitRequest): Promise<unknown> {
    return this.redis.run(TAKE_LIMITS, this.keysOf(keyId), [
      limits.requestsPerMinute ?? 0,
      limits.tokensPerMinute ?? 0,
      limits.concurrency ?? 0,
      tokens,
      requestId,
      this.leaseMs,
    ]);
  }

  private read(request: RateLimitRequest, reply: unknown): RateLimitAnswer {
    const { requestId, keyId, limits } = request;
    const [refusal = 0, waitMs = 0, ...figures] = reply as number[];
    const refusedBy = REFUSALS[refusal];
    const standing = (limit: number | undefined, at: number) =>
      limit === undefined ? undefined : { limit, remaining: figures[at] ?? 0, resetMs: figures[at + 1] ?? 0 };
    let isRunning = refusedBy === undefined;
    if (isRunning && limits.concurrency !== undefined) this.running.set(requestId, keyId);
    return {
      refusedBy,
      retryAfterMs: refusedBy === 'concurrency' ? CONCURRENCY_RETRY_MS : waitMs,
      requests: standing(limits.requestsPerMinute, 0),
      tokens: standing(limits.tokensPerMinute, 2),
      end: (tokensUsed) => {
        if (!isRunning) return;
        isRunning = false;
        this.running.delete(requestId);
        this.post(request, tokensUsed - request.tokens);
      },
    };
  }

  /** Takes a call off; when Redis is away its slot's lease runs out by itself. */
  private post({ requestId, keyId, limits }: RateLimitRequest, tokens: number): void {
    const isCounted =
      limits.concurrency !== undefined || (limits.tokensPerMinute !== undefined && tokens !== 0);
    if (isCounted)
      this.redis.post(END_CALL, this.keysOf(keyId), [requestId, limits.tokensPerMinute ?? 0, tokens]);
  }

  private renew(): void {
    const callsOf = new Map<string, string[]>();
    for (const [requestId, keyId] of this.running) {
      const calls = callsOf.get(keyId);
      if (calls) calls.push(requestId);
      else callsOf.set(keyId, [requestId]);
    }
    for (const [keyId, calls] of callsOf)
      this.redis.post(RENEW_CALLS, this.keysOf(keyId), [this.leaseMs, ...calls]);
  }

  /** The braces keep a key's two entries on one node of a cluster. */
  private keysOf(keyId: string): string[] {
    const name = `${this.redis.prefix}:limit:{${keyId}}`;
    return [name, `${name}:running`];
  }
}
