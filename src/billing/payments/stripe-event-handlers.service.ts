import { Injectable } from '@nestjs/common';
import { ChargingService } from './charging.service.js';
import { DisputesService } from './disputes.service.js';
import { MethodSync } from './method-sync.service.js';
import { PayoutsService } from './payouts/payouts.service.js';
import { RefundsService } from './refunds.service.js';
import { subjectOf, type InboxEvent } from './stripe-events.js';

/** What each sort of event asks for: to read its object again and move what is ours forward to where that stands. */
@Injectable()
export class StripeEventHandlers {
  constructor(
    private readonly charging: ChargingService,
    private readonly refunds: RefundsService,
    private readonly disputes: DisputesService,
    private readonly methods: MethodSync,
    private readonly payouts: PayoutsService,
  ) {}

  /** Throws when Stripe does not answer, or something of ours is not ready; the event is then tried again. */
  async handle(event: InboxEvent): Promise<void> {
    switch (subjectOf(event.type)) {
      case 'charge':
        return this.charging.catchUp('stripe', event.objectId, event.attemptId);
      case 'refund':
        return this.refunds.sync('stripe', event.objectId);
      case 'dispute':
        return this.disputes.sync('stripe', event.objectId);
      case 'payout':
        return this.payouts.sync(event.objectId);
      case 'method':
        return this.methods.sync(event.objectId);
      case null:
        return undefined;
    }
  }
}
