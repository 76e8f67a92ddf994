import { Injectable } from '@nestjs/common';
import { StripeClient } from '../../accounts/payment-methods/stripe.client.js';
import { nowMs } from '../../core/clock.js';
import { StripeChargesGateway } from './stripe-charges.gateway.js';
import { WebhookInboxRepository } from './webhook-inbox.repository.js';
import { WebhookInbox } from './webhook-inbox.service.js';

const HOUR_MS = 3_600_000;

/** Finds events whose webhook never came: Stripe keeps a list of them for thirty days. */
@Injectable()
export class StripeEventBackfill {
  constructor(
    private readonly stripe: StripeClient,
    private readonly gateway: StripeChargesGateway,
    private readonly events: WebhookInboxRepository,
    private readonly inbox: WebhookInbox,
  ) {}

  /** Takes in what happened since an hour before the newest event that is known. Returns how many Stripe listed. */
  async run(): Promise<number> {
    if (!this.stripe.sdk) return 0;
    const newest = (await this.events.findNewest()) ?? new Date(nowMs() - 24 * HOUR_MS);
    const listed = await this.gateway.listEvents(new Date(newest.getTime() - HOUR_MS));
    for (const event of listed) await this.inbox.receive(event);
    return listed.length;
  }
}
