import { Injectable } from '@nestjs/common';
import { MethodHealthRepository } from './method-health.repository.js';
import { StripeChargesGateway } from './stripe-charges.gateway.js';

/** Cards that change at Stripe without us: renewed, or taken away from their customer. */
@Injectable()
export class MethodSync {
  constructor(
    private readonly methods: MethodHealthRepository,
    private readonly stripe: StripeChargesGateway,
  ) {}

  /** Reads a card again. Throws when Stripe does not answer. */
  async sync(ref: string): Promise<void> {
    const card = await this.stripe.retrieveCard(ref);
    if (card === null) await this.methods.markDetached('stripe', ref);
    else await this.methods.updateCard('stripe', ref, card);
  }
}
