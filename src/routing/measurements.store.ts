import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { nowMs } from '../core/clock.js';
import { uuidv7 } from '../core/ids.js';
import { isObject, tryParseJson, type JsonObject } from '../core/json.js';
import { RedisConnection } from '../platform/redis/redis-connection.service.js';
import {
  addedSums,
  MEASURES,
  measuredOf,
  NO_SUMS,
  withAttempt,
  type AttemptMeasurement,
  type FadingSum,
  type Measured,
  type MeasuredSums,
} from './deployment-stats.js';
import { FORGET_FIELD, READ_HEALTH, TELL_HEALTH } from './health-scripts.js';

/** How often measurements are exchanged. */
const EXCHANGE_MS = 1_000;
/** What a process told is forgotten this long after it told it last. */
const KEEP_MS = 600_000;

/**
 * What deployments did for this process and, through Redis, for all others, so that they rank alike. Each tells its own
 * sums once a second, where they changed; without Redis a process goes by its own.
 */
@Injectable()
export class MeasurementsStore implements OnModuleInit, OnApplicationShutdown {
  private readonly own = new Map<string, MeasuredSums>();
  /** Of all other processes together. */
  private others = new Map<string, MeasuredSums>();
  private readonly processId = uuidv7();
  private readonly hash: string;
  private timer: NodeJS.Timeout | undefined;
  private isChanged = false;

  constructor(private readonly redis: RedisConnection) {
    this.hash = `${redis.prefix}:measurements`;
  }

  onModuleInit(): void {
    if (this.redis.isConfigured) this.timer = setInterval(() => void this.exchange(), EXCHANGE_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** What is known of a deployment; no figure, no error and no cache before it was used. */
  of(deploymentId: string): Measured {
    const [own, others] = [this.own.get(deploymentId), this.others.get(deploymentId)];
    return measuredOf(own && others ? addedSums([own, others]) : (own ?? others ?? NO_SUMS));
  }

  record(deploymentId: string, attempt: AttemptMeasurement): void {
    this.own.set(deploymentId, withAttempt(this.own.get(deploymentId) ?? NO_SUMS, attempt));
    this.isChanged = true;
  }

  private async exchange(): Promise<void> {
    if (this.isChanged) {
      this.isChanged = false;
      const told = { atMs: nowMs(), sums: Object.fromEntries(this.own) };
      this.redis.post(TELL_HEALTH, [this.hash], [this.processId, JSON.stringify(told), KEEP_MS]);
    }
    const told = await this.redis.run(READ_HEALTH, [this.hash], []).catch(() => undefined);
    if (Array.isArray(told)) this.adopt(told.map(String));
  }

  /** Field, JSON, field, JSON … of every process. */
  private adopt(told: readonly string[]): void {
    const byDeployment = new Map<string, MeasuredSums[]>();
    for (let at = 0; at + 1 < told.length; at += 2) {
      const [processId, text] = [told[at] ?? '', told[at + 1] ?? ''];
      if (processId === this.processId) continue;
      const parsed = tryParseJson(text);
      const atMs = isObject(parsed) ? Number(parsed['atMs']) : 0;
      const sums = isObject(parsed) ? parsed['sums'] : undefined;
      if (!isObject(sums) || !(atMs > nowMs() - KEEP_MS)) {
        this.redis.post(FORGET_FIELD, [this.hash], [processId]);
        continue;
      }
      for (const [id, stored] of Object.entries(sums)) {
        if (isObject(stored)) byDeployment.set(id, [...(byDeployment.get(id) ?? []), readSums(stored)]);
      }
    }
    this.others = new Map([...byDeployment].map(([id, all]) => [id, addedSums(all)]));
  }
}

/** What another process wrote; a figure that is none counts as never measured. */
function readSums(stored: JsonObject): MeasuredSums {
  const sums = { ...NO_SUMS };
  for (const measure of MEASURES) {
    const given = stored[measure];
    if (!isObject(given)) continue;
    const { sum, weight } = given as unknown as FadingSum;
    if (Number.isFinite(sum) && Number.isFinite(weight) && sum >= 0 && weight >= 0)
      sums[measure] = { sum, weight };
  }
  return sums;
}
