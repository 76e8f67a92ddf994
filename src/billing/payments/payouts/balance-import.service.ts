import { Injectable } from '@nestjs/common';
import { StripeClient } from '../../../accounts/payment-methods/stripe.client.js';
import { Database } from '../../../platform/database/database.service.js';
import { BalanceBooks } from './balance-books.service.js';
import { readMovement, type BalanceMovement } from './balance-movement.js';
import { BalanceRepository, type StoredMovement } from './balance.repository.js';
import { PayoutsService } from './payouts.service.js';

/** Reads every movement of our balance at Stripe, finds what it is of, and books what the books do not have yet. */
@Injectable()
export class BalanceImport {
  constructor(
    private readonly stripe: StripeClient,
    private readonly database: Database,
    private readonly balance: BalanceRepository,
    private readonly payouts: PayoutsService,
    private readonly books: BalanceBooks,
  ) {}

  /** Throws when Stripe or the database does not answer; the next run goes on where this one ended. */
  async run(): Promise<void> {
    if (!this.stripe.sdk) return;
    const start = await this.balance.findStart();
    if (start === null) return;
    // Oldest first: what a run that breaks off has not kept is younger than all it has.
    for (const movement of await this.listSince(start))
      await this.database.transaction((client) => this.balance.insert(client, movement));
    for (const movement of await this.balance.listOpen()) await this.settle(movement);
    for (const ref of await this.balance.listUnsettled()) await this.payouts.sync(ref);
  }

  private async listSince(start: Date): Promise<BalanceMovement[]> {
    const found: BalanceMovement[] = [];
    const created = { gte: Math.floor(start.getTime() / 1_000) };
    const expand = ['data.source'];
    for await (const transaction of this.stripe
      .get()
      .balanceTransactions.list({ created, limit: 100, expand }))
      found.push(readMovement(transaction));
    const known = await this.balance.findKnown(found.map(({ ref }) => ref));
    return found
      .filter(({ ref }) => !known.has(ref))
      .sort((a, b) => a.occurredAt.getTime() - b.occurredAt.getTime());
  }

  private async settle(movement: StoredMovement): Promise<void> {
    const { expected: subject } = movement;
    if (subject === null) return;
    if (subject === 'payout' && movement.sourceRef !== null) await this.payouts.sync(movement.sourceRef);
    await this.database.transaction((client) => this.books.book(client, movement.ref, subject));
  }
}
