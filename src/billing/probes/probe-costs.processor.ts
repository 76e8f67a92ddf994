import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../billing.queues.js';
import { ProbeCostsService } from './probe-costs.service.js';

/** Books the cost of probes. */
@Injectable()
@Processor(BILLING_QUEUES.probes)
export class ProbeCostsProcessor extends WakeUpProcessor {
  constructor(private readonly service: ProbeCostsService) {
    super();
  }

  protected wake(): Promise<unknown> {
    return this.service.book();
  }
}
