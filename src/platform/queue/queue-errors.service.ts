import { Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { LogThrottle } from './log-throttle.js';

/** One for the process: a backend that is away fails every queue and every worker of it alike. */
const throttle = new LogThrottle();

/** Logs that the queue's backend does not answer: the first time, and then seldom. */
export function reportQueueError(error: Error, logger: Logger): void {
  const line = throttle.admit(`the queue cannot be reached: ${error.message || error.name}`);
  if (line !== null) logger.error(line);
}

/** Listens to the errors of the process's queues; BullMQ prints each that nobody listens to, with its stack. */
export class QueueErrors {
  private readonly logger = new Logger(QueueErrors.name);

  constructor(queues: Queue[]) {
    for (const queue of queues) queue.on('error', (error) => reportQueueError(error, this.logger));
  }
}
