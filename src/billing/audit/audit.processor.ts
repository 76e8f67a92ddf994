import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../billing.queues.js';
import { AuditService } from './audit.service.js';

/** Runs the books checks every night; a violation is an error in the log. */
@Injectable()
@Processor(BILLING_QUEUES.audit)
export class AuditProcessor extends WakeUpProcessor {
  constructor(private readonly audit: AuditService) {
    super();
  }

  protected async wake(): Promise<void> {
    const results = await this.audit.run();
    const broken = results.filter(({ violations }) => violations > 0);
    for (const { id, title, violations, sample } of broken) {
      this.logger.error(`${id} violated ${violations} times (${title}): ${sample.join(', ')}`);
    }
    this.logger.log(`books: ${results.length} checks, ${broken.length} violated`);
  }
}
