import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../billing.queues.js';
import { NightlyAudit } from './nightly-audit.service.js';

/** Runs the books checks every night; a violation is an error in the log and an alert to the operator. */
@Injectable()
@Processor(BILLING_QUEUES.audit)
export class AuditProcessor extends WakeUpProcessor {
  constructor(private readonly nightly: NightlyAudit) {
    super();
  }

  protected async wake(): Promise<void> {
    const { results, drifts } = await this.nightly.run();
    const broken = results.filter(({ violations }) => violations > 0);
    for (const { id, title, violations, sample } of broken) {
      this.logger.error(`${id} violated ${violations} times (${title}): ${sample.join(', ')}`);
    }
    for (const { provider, model } of drifts)
      this.logger.warn(`${provider} takes something else for ${model} than was accrued`);
    this.logger.log(`books: ${results.length} checks, ${broken.length} violated`);
  }
}
