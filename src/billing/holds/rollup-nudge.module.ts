import { Module } from '@nestjs/common';
import { QueueModule } from '../../platform/queue/queue.module.js';
import { BILLING_QUEUES } from '../billing.queues.js';
import { RollupNudge } from './rollup-nudge.service.js';

/** For the process that settles calls: RollupNudge, on a queue it only adds to. */
@Module({
  imports: [QueueModule.register('producer', [BILLING_QUEUES.rollup])],
  providers: [RollupNudge],
  exports: [RollupNudge],
})
export class RollupNudgeModule {}
