import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../../billing.queues.js';
import { ThresholdBilling } from '../threshold/threshold-billing.service.js';
import { PeriodsService } from './periods.service.js';

/** Closes the billing periods that have ended, or that have reached their organization's threshold. */
@Injectable()
@Processor(BILLING_QUEUES.periodClose)
export class PeriodCloseProcessor extends WakeUpProcessor {
  constructor(
    private readonly periods: PeriodsService,
    private readonly thresholds: ThresholdBilling,
  ) {
    super();
  }

  protected async wake(): Promise<void> {
    await this.periods.closeDue();
    await this.thresholds.run();
  }
}
