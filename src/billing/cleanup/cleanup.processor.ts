import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../billing.queues.js';
import { CleanupService } from './cleanup.service.js';

/** Removes what is no longer needed. */
@Injectable()
@Processor(BILLING_QUEUES.cleanup)
export class CleanupProcessor extends WakeUpProcessor {
  constructor(private readonly service: CleanupService) {
    super();
  }

  protected wake(): Promise<unknown> {
    return this.service.run();
  }
}
