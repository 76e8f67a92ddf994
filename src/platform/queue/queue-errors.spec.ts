import { EventEmitter } from 'node:events';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { QueueErrors, reportQueueError } from './queue-errors.service.js';

it('a queue that is away is one line in the log for all queues and workers of the process', () => {
  const written = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  const queues = Array.from({ length: 3 }, () => new EventEmitter());
  void new QueueErrors(queues as unknown as Queue[]);
  for (let attempt = 0; attempt < 50; attempt++) {
    for (const queue of queues) queue.emit('error', new Error('connect ECONNREFUSED 127.0.0.1:1'));
    reportQueueError(new Error('connect ECONNREFUSED 127.0.0.1:1'), new Logger('a worker'));
  }
  const lines = written.mock.calls.map(([line]) => line as unknown);
  written.mockRestore();
  expect(lines).toEqual(['the queue cannot be reached: connect ECONNREFUSED 127.0.0.1:1']);
});
