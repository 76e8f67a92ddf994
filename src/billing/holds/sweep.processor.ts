import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../billing.queues.js';
import { SweepService } from './sweep.service.js';

/** Ends calls of dead processes. */
@Injectable()
@Processor(BILLING_QUEUES.holdSweep)
export class SweepProcessor extends WakeUpProcessor {
  constructor(private readonly service: SweepService) {
    super();
  }

  protected wake(): Promise<unknown> {
    return this.service.run();
  }
}
