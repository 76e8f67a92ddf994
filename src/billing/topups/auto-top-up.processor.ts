import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../billing.queues.js';
import { AutoTopUps } from './auto-top-ups.service.js';

/** Buys credit for wallets that run low. */
@Injectable()
@Processor(BILLING_QUEUES.autoTopUp)
export class AutoTopUpProcessor extends WakeUpProcessor {
  constructor(private readonly autoTopUps: AutoTopUps) {
    super();
  }

  protected wake(): Promise<unknown> {
    return this.autoTopUps.run();
  }
}
