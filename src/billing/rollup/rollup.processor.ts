import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../billing.queues.js';
import { RollupService } from './rollup.service.js';

/** Posts usage that waits. */
@Injectable()
@Processor(BILLING_QUEUES.rollup)
export class RollupProcessor extends WakeUpProcessor {
  constructor(private readonly service: RollupService) {
    super();
  }

  protected wake(): Promise<unknown> {
    return this.service.catchUp();
  }
}
