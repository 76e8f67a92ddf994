import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../../billing.queues.js';
import { CollectionService } from './collection.service.js';

/** Collects invoices that are due. */
@Injectable()
@Processor(BILLING_QUEUES.collection)
export class CollectionProcessor extends WakeUpProcessor {
  constructor(private readonly collection: CollectionService) {
    super();
  }

  protected wake(): Promise<unknown> {
    return this.collection.run();
  }
}
