import { getQueueToken } from '@nestjs/bullmq';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Queue } from 'bullmq';
import { nowMs } from '../core/clock.js';
import { within } from '../core/within.js';
import { LogThrottle } from '../platform/queue/log-throttle.js';
import { BILLING_SCHEDULES, WAKE_UP_OPTIONS, type Schedule } from './billing.queues.js';

const CHECK_EVERY_MS = 15_000;
/** A worker's connection to the queue waits for Redis for ever; a check of all schedules does not. */
const CHECK_DEADLINE_MS = 10_000;
/** A schedule whose next run is this long past has lost its job. */
const OVERDUE_MS = 60_000;

/** Sets the schedules up, and again whenever the queue has lost them: a flushed queue heals by itself. */
@Injectable()
export class BillingSchedules implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(BillingSchedules.name);
  private readonly throttle = new LogThrottle();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly modules: ModuleRef) {}

  onApplicationBootstrap(): void {
    void this.ensure();
    this.timer = setInterval(() => void this.ensure(), CHECK_EVERY_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Never throws: a queue that is away is tried again at the next turn. */
  async ensure(): Promise<void> {
    try {
      await within(CHECK_DEADLINE_MS, this.ensureAll());
    } catch (error) {
      const line = this.throttle.admit(`schedules not set: ${(error as Error).message}`);
      if (line !== null) this.logger.warn(line);
    }
  }

  private async ensureAll(): Promise<void> {
    for (const schedule of BILLING_SCHEDULES) await this.ensureOne(schedule);
  }

  private async ensureOne({ queue: name, id, repeat }: Schedule): Promise<void> {
    const queue = this.modules.get<Queue>(getQueueToken(name), { strict: false });
    const found = await queue.getJobScheduler(id);
    const isSame = 'every' in repeat ? found?.every === repeat.every : found?.pattern === repeat.pattern;
    const isAlive = found?.next !== undefined && found.next > nowMs() - OVERDUE_MS;
    if (isSame && isAlive) return;
    await queue.upsertJobScheduler(id, repeat, { name: 'scheduled', data: {}, opts: WAKE_UP_OPTIONS });
  }
}
