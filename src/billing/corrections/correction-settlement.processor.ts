import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../billing.queues.js';
import { CorrectionSettlementService } from './correction-settlement.service.js';

/** Settles corrections that could not be settled at once. */
@Injectable()
@Processor(BILLING_QUEUES.corrections)
export class CorrectionSettlementProcessor extends WakeUpProcessor {
  constructor(private readonly settlement: CorrectionSettlementService) {
    super();
  }

  protected wake(): Promise<unknown> {
    return this.settlement.settleDue();
  }
}
