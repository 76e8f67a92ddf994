import { OnWorkerEvent, WorkerHost } from '@nestjs/bullmq';
import { Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Job } from 'bullmq';
import { LogThrottle } from './log-throttle.js';
import { reportQueueError } from './queue-errors.service.js';

/** How long a shutdown waits for a worker whose backend does not answer. */
const CLOSE_TIMEOUT_MS = 15_000;

/**
 * A processor whose jobs carry nothing: each only says that it is time to look at the database. A failed job is
 * logged and forgotten, because the next one finds the same work.
 */
export abstract class WakeUpProcessor extends WorkerHost implements BeforeApplicationShutdown {
  protected readonly logger = new Logger(this.constructor.name);
  private readonly throttle = new LogThrottle();

  /** What the job is for. */
  protected abstract wake(): Promise<unknown>;

  async process(): Promise<void> {
    await this.wake();
  }

  @OnWorkerEvent('failed')
  onFailed(_: Job | undefined, error: Error): void {
    const line = this.throttle.admit(`failed: ${error.message}`);
    if (line !== null) this.logger.error(line);
  }

  @OnWorkerEvent('error')
  onError(error: Error): void {
    reportQueueError(error, this.logger);
  }

  /** Before the connections close: a running job ends first. */
  async beforeApplicationShutdown(): Promise<void> {
    const timeout = new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS).unref());
    await Promise.race([this.worker.close(), timeout]);
  }
}
