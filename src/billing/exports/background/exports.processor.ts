import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../../billing.queues.js';
import { ExportRuns } from './export-runs.service.js';

/** Writes exports that wait. */
@Injectable()
@Processor(BILLING_QUEUES.exports)
export class ExportsProcessor extends WakeUpProcessor {
  constructor(private readonly service: ExportRuns) {
    super();
  }

  protected wake(): Promise<unknown> {
    return this.service.runDue();
  }
}
