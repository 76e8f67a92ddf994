import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { monotonicMs } from '../../core/clock.js';
import { within } from '../../core/within.js';
import { LogThrottle } from '../../platform/queue/log-throttle.js';
import { BILLING_QUEUES, WAKE_UP_OPTIONS, type WakeUp } from '../billing.queues.js';

const MIN_INTERVAL_MS = 1_000;
const ADD_DEADLINE_MS = 1_000;

/** Tells the worker that usage waits. Only a hint: the worker looks every other second anyway. */
@Injectable()
export class RollupNudge implements BeforeApplicationShutdown {
  private readonly logger = new Logger(RollupNudge.name);
  private readonly throttle = new LogThrottle();
  private timer: NodeJS.Timeout | undefined;
  private lastAt = -Infinity;

  constructor(@InjectQueue(BILLING_QUEUES.rollup) private readonly queue: Queue<WakeUp>) {
    // A lost connection is reported by the add that fails; without a listener it would end the process.
    this.queue.on('error', () => undefined);
  }

  /** Returns at once and never throws. However often it is called, at most one job a second is added. */
  nudge(): void {
    if (this.timer) return;
    const waitMs = Math.max(0, this.lastAt + MIN_INTERVAL_MS - monotonicMs());
    this.timer = setTimeout(() => void this.send(), waitMs).unref();
  }

  beforeApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  private async send(): Promise<void> {
    try {
      await within(ADD_DEADLINE_MS, this.queue.add('nudge', {}, WAKE_UP_OPTIONS));
    } catch (error) {
      const line = this.throttle.admit(`not nudged: ${(error as Error).message}`);
      if (line !== null) this.logger.warn(line);
    } finally {
      this.lastAt = monotonicMs();
      this.timer = undefined;
    }
  }
}
