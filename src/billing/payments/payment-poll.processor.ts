import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../billing.queues.js';
import { PaymentSweep } from './payment-sweep.service.js';

/** Takes payments on that nobody else takes on. */
@Injectable()
@Processor(BILLING_QUEUES.payments)
export class PaymentPollProcessor extends WakeUpProcessor {
  constructor(private readonly payments: PaymentSweep) {
    super();
  }

  protected wake(): Promise<unknown> {
    return this.payments.run();
  }
}
