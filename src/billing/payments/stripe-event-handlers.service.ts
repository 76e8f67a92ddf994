import { Injectable } from '@nestjs/common';
import { ChargingService } from './charging.service.js';
import { DisputesService } from './disputes.service.js';
import { MethodHealthRepository } from './method-health.repository.js';
import { PayoutsService } from './payouts/payouts.service.js';
import { RefundsService } from './refunds.service.js';
import { StripeChargesGateway } from './stripe-charges.gateway.js';
import { subjectOf, type InboxEvent } from './stripe-events.js';

/** What each sort of event asks for: to read its object again and move what is ours forward to where that stands. */
@Injectable()
export class StripeEventHandlers {
  constructor(
    private readonly charging: ChargingService,
    private readonly refunds: RefundsService,
    private readonly disputes: DisputesService,
    private readonly methods: MethodHealthRepository,
    private readonly stripe: StripeChargesGateway,
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
        return this.syncMethod(event.objectId);
      case null:
        return undefined;
    }
  }

  private async syncMethod(ref: string): Promise<void> {
    const card = await this.stripe.retrieveCard(ref);
    if (card === null) await this.methods.markDetached('stripe', ref);
    else await this.methods.updateCard('stripe', ref, card);
  }
}
