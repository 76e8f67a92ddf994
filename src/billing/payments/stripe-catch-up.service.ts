import { Injectable, Logger } from '@nestjs/common';
import { BalanceImport } from './payouts/balance-import.service.js';
import { StripeEventBackfill } from './stripe-event-backfill.service.js';

/** What is read at Stripe from time to time, whatever webhooks came: missed events, and the movements of our balance. */
@Injectable()
export class StripeCatchUp {
  private readonly logger = new Logger(StripeCatchUp.name);

  constructor(
    private readonly missed: StripeEventBackfill,
    private readonly balance: BalanceImport,
  ) {}

  /** Never throws: what does not work now is done at the next turn. */
  async run(): Promise<void> {
    await this.attempt('events not listed', () => this.missed.run());
    await this.attempt('balance not read', () => this.balance.run());
  }

  private async attempt(what: string, work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) => this.logger.warn(`${what}: ${String(error)}`));
  }
}
