import { Injectable, Logger } from '@nestjs/common';
import { monotonicMs } from '../../core/clock.js';
import { ChargingService } from './charging.service.js';
import { BalanceImport } from './payouts/balance-import.service.js';
import { MethodHealthRepository } from './method-health.repository.js';
import { RefundsService } from './refunds.service.js';
import { StripeEventBackfill } from './stripe-event-backfill.service.js';
import { WebhookInbox } from './webhook-inbox.service.js';

const BACKFILL_EVERY_MS = 10 * 60_000;

/** Everything about payments that is due: events, attempts and refunds without an outcome, cards past their date. */
@Injectable()
export class PaymentSweep {
  private readonly logger = new Logger(PaymentSweep.name);
  private backfilledAt = -Infinity;

  constructor(
    private readonly charging: ChargingService,
    private readonly methods: MethodHealthRepository,
    private readonly refunds: RefundsService,
    private readonly inbox: WebhookInbox,
    private readonly missed: StripeEventBackfill,
    private readonly balance: BalanceImport,
  ) {}

  /** Throws when the database does not answer. */
  async run(): Promise<void> {
    await this.methods.expireByDate();
    await this.inbox.processDue();
    await this.charging.advanceDue();
    await this.refunds.pollDue();
    if (monotonicMs() - this.backfilledAt < BACKFILL_EVERY_MS) return;
    this.backfilledAt = monotonicMs();
    await this.missed
      .run()
      .catch((error: unknown) => this.logger.warn(`events not listed: ${String(error)}`));
    await this.balance
      .run()
      .catch((error: unknown) => this.logger.warn(`balance not read: ${String(error)}`));
  }
}
