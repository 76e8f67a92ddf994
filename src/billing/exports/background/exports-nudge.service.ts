import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { LogThrottle } from '../../../platform/queue/log-throttle.js';
import { BILLING_QUEUES, WAKE_UP_OPTIONS, type WakeUp } from '../../billing.queues.js';

/** Tells a worker that an export waits. Only a hint: workers look every few seconds anyway. */
@Injectable()
export class ExportsNudge {
  private readonly logger = new Logger(ExportsNudge.name);
  private readonly throttle = new LogThrottle();

  constructor(@InjectQueue(BILLING_QUEUES.exports) private readonly queue: Queue<WakeUp>) {
    // A lost connection is reported by the add that fails; without a listener it would end the process.
    this.queue.on('error', () => undefined);
  }

  /** Returns at once and never throws. */
  nudge(): void {
    this.queue.add('nudge', {}, WAKE_UP_OPTIONS).catch((error: unknown) => {
      const line = this.throttle.admit(`not nudged: ${(error as Error).message}`);
      if (line !== null) this.logger.warn(line);
    });
  }
}
