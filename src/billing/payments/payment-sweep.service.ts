import { Injectable } from '@nestjs/common';
import { monotonicMs } from '../../core/clock.js';
import { ChargingService } from './charging.service.js';
import { MethodHealthRepository } from './method-health.repository.js';
import { RefundsService } from './refunds.service.js';
import { StripeCatchUp } from './stripe-catch-up.service.js';
import { WebhookInbox } from './webhook-inbox.service.js';

const CATCH_UP_EVERY_MS = 10 * 60_000;

/** Everything about payments that is due: events, attempts and refunds without an outcome, cards past their date. */
@Injectable()
export class PaymentSweep {
  private caughtUpAt = -Infinity;

  constructor(
    private readonly charging: ChargingService,
    private readonly methods: MethodHealthRepository,
    private readonly refunds: RefundsService,
    private readonly inbox: WebhookInbox,
    private readonly stripe: StripeCatchUp,
  ) {}

  /** Throws when the database does not answer. */
  async run(): Promise<void> {
    await this.methods.expireByDate();
    await this.inbox.processDue();
    await this.charging.advanceDue();
    await this.refunds.pollDue();
    if (monotonicMs() - this.caughtUpAt < CATCH_UP_EVERY_MS) return;
    this.caughtUpAt = monotonicMs();
    await this.stripe.run();
  }
}
