import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../billing.queues.js';
import { FinalizationService } from './finalization.service.js';

/** Issues drafts that have waited long enough. */
@Injectable()
@Processor(BILLING_QUEUES.finalization)
export class FinalizationProcessor extends WakeUpProcessor {
  constructor(private readonly finalization: FinalizationService) {
    super();
  }

  protected wake(): Promise<unknown> {
    return this.finalization.finalizeDue();
  }
}
