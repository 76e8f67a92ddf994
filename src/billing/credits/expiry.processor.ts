import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../billing.queues.js';
import { ExpiryService } from './expiry.service.js';

/** Takes back credit that ran out. */
@Injectable()
@Processor(BILLING_QUEUES.creditExpiry)
export class ExpiryProcessor extends WakeUpProcessor {
  constructor(private readonly service: ExpiryService) {
    super();
  }

  protected wake(): Promise<unknown> {
    return this.service.run();
  }
}
