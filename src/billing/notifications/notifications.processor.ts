import { Processor } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WakeUpProcessor } from '../../platform/queue/wake-up.processor.js';
import { BILLING_QUEUES } from '../billing.queues.js';
import { EventNotifier } from './event-notifier.service.js';

/** Tells customers what happened. */
@Injectable()
@Processor(BILLING_QUEUES.notifications)
export class NotificationsProcessor extends WakeUpProcessor {
  constructor(private readonly notifier: EventNotifier) {
    super();
  }

  protected wake(): Promise<unknown> {
    return this.notifier.run();
  }
}
