import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { nowMs } from '../core/clock.js';
import { isObject, tryParseJson } from '../core/json.js';
import { RedisConnection } from '../platform/redis/redis-connection.service.js';
import type { UpstreamFailure } from '../providers/upstream-failure.js';
import {
  afterFailure,
  afterSuccess,
  PROBE_MS,
  standingAt,
  underProbe,
  type HealthState,
} from './deployment-health.js';
import { CLAIM_PROBE, READ_HEALTH, TELL_HEALTH } from './health-scripts.js';

/** How often what other processes saw is looked at. */
const POLL_MS = 1_000;
/** States are forgotten this long after the last was told. */
const KEEP_MS = 600_000;

/** What a state is about: a deployment; a credential, wherever it is used; or a credential at one deployment. */
export const deploymentKey = (id: string): string => `deployment:${id}`;
/** The key of a credential, wherever it is used. */
export const credentialKey = (id: string): string => `credential:${id}`;
/** The key of a credential at one deployment, where its rate limit counts. */
export const quotaKey = (credentialId: string, deploymentId: string): string =>
  `quota:${credentialId}:${deploymentId}`;

/**
 * The health of deployments and credentials as this process sees it. What it finds out it tells the others through
 * Redis, and takes over what they found out, once a second; without Redis it goes by itself.
 */
@Injectable()
export class HealthStore implements OnModuleInit, OnApplicationShutdown {
  private readonly states = new Map<string, HealthState>();
  private timer: NodeJS.Timeout | undefined;
  private readonly hash: string;

  constructor(private readonly redis: RedisConnection) {
    this.hash = `${redis.prefix}:health`;
  }

  onModuleInit(): void {
    if (this.redis.isConfigured) this.timer = setInterval(() => void this.pull(), POLL_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Undefined: nothing bad is known. */
  of(key: string): HealthState | undefined {
    return this.states.get(key);
  }

  succeeded(key: string): void {
    const state = this.states.get(key);
    if (state === undefined) return;
    if (state.ejectedUntilMs !== 0) this.tell(key, afterSuccess());
    this.states.set(key, afterSuccess(state));
  }

  failed(key: string, { cause, waitSeconds }: UpstreamFailure): void {
    const before = this.states.get(key);
    const waitMs = waitSeconds === undefined ? undefined : waitSeconds * 1_000;
    const after = afterFailure(before, cause, { nowMs: nowMs(), waitMs });
    this.states.set(key, after);
    const isNews =
      after.ejectedUntilMs !== (before?.ejectedUntilMs ?? 0) ||
      after.restUntilMs !== (before?.restUntilMs ?? 0);
    if (isNews) this.tell(key, after);
  }

  /** A call is about to go there; when its ejection is over, it is the one that decides. */
  probe(key: string): void {
    const state = this.states.get(key);
    if (state === undefined || standingAt(state, nowMs()) !== 'half_open') return;
    const next = underProbe(state, nowMs());
    this.states.set(key, next);
    this.tell(key, next);
  }

  /** Whether its ejection is over and nobody has found out yet whether it is well again. */
  isHalfOpen(key: string): boolean {
    return standingAt(this.states.get(key), nowMs()) === 'half_open';
  }

  /** Takes the right to probe it, for a while; false when another process has it. Without Redis each process has it. */
  async claimProbe(key: string): Promise<boolean> {
    if (!this.isHalfOpen(key)) return false;
    this.probe(key);
    if (!this.redis.isConfigured) return true;
    const claim = `${this.hash}:probe:${key}`;
    return (await this.redis.run(CLAIM_PROBE, [claim], [PROBE_MS]).catch(() => 1)) === 1;
  }

  private tell(key: string, state: HealthState): void {
    if (!this.redis.isConfigured) return;
    this.redis.post(TELL_HEALTH, [this.hash], [key, JSON.stringify(state), KEEP_MS]);
  }

  private async pull(): Promise<void> {
    const told = await this.redis.run(READ_HEALTH, [this.hash], []).catch(() => undefined);
    if (!Array.isArray(told)) return;
    for (let at = 0; at + 1 < told.length; at += 2) this.adopt(String(told[at]), String(told[at + 1]));
  }

  /** The later news of an ejection counts; a recovery that another process saw ends it here, too. */
  private adopt(key: string, text: string): void {
    const told = tryParseJson(text);
    if (!isObject(told)) return;
    const own = this.states.get(key);
    const ejectedUntilMs = Number(told['ejectedUntilMs'] ?? 0);
    const restUntilMs = Math.max(own?.restUntilMs ?? 0, Number(told['restUntilMs'] ?? 0));
    const isRecovery = ejectedUntilMs === 0 && own !== undefined && own.ejectedUntilMs !== 0;
    const isLater = ejectedUntilMs > (own?.ejectedUntilMs ?? 0);
    if (isRecovery) this.states.set(key, { ...afterSuccess(own), restUntilMs });
    else if (isLater) this.states.set(key, { ...(told as unknown as HealthState), restUntilMs });
    else if (own && restUntilMs > own.restUntilMs) this.states.set(key, { ...own, restUntilMs });
    else if (!own && restUntilMs > nowMs()) this.states.set(key, { ...afterSuccess(), restUntilMs });
  }
}
