import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { StripeClient } from '../../../accounts/payment-methods/stripe.client.js';
import { nanoPerMinor } from '../../../core/currency.js';
import { Database } from '../../../platform/database/database.service.js';
import { LedgerService } from '../../ledger/ledger.service.js';
import { PaymentAttemptsRepository } from '../payment-attempts.repository.js';
import { PaymentTraces } from '../payment-traces.service.js';
import { journalsOf, type MatchedSubject } from './balance-journals.js';
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
    private readonly ledger: LedgerService,
    private readonly attempts: PaymentAttemptsRepository,
    private readonly traces: PaymentTraces,
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

  /** Says by hand what a movement is of that the books know nothing of. False when there is no such open movement. */
  assign(client: PoolClient, ref: string, subject: 'fee' | 'deposit'): Promise<boolean> {
    return this.book(client, ref, subject);
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
    await this.database.transaction((client) => this.book(client, movement.ref, subject));
  }

  private async book(client: PoolClient, ref: string, subject: MatchedSubject['subject']): Promise<boolean> {
    const movement = await this.balance.lockOpen(client, ref);
    if (!movement) return false;
    const matched = await this.balance.match(client, subject, movement.sourceRef);
    if (!matched) return false;
    if (matched.booked?.currency === movement.currency && matched.booked.amountNano !== movement.amountNano)
      return false;
    if (subject === 'payment' && matched.booked?.currency === movement.currency)
      await this.bookLateFee(client, matched.id ?? '', movement);
    await this.balance.setSubject(client, ref, matched);
    const journals = journalsOf(movement, matched);
    await this.ledger.record(
      client,
      journals.map(({ key, ...journal }) => ({
        ...journal,
        idempotencyKey: key,
        organizationId: null,
        legalEntityId: matched.legalEntityId,
        walletId: null,
        description: `${movement.type} ${movement.sourceRef ?? ''} (${ref})`,
      })),
    );
    return true;
  }

  /** Stripe may say what it keeps of a payment only after it succeeded. */
  private async bookLateFee(client: PoolClient, attemptId: string, movement: StoredMovement): Promise<void> {
    const feeMinor = movement.feeNano / nanoPerMinor(movement.currency);
    if (!(await this.balance.setFee(client, attemptId, feeMinor))) return;
    await this.traces.recordFee(client, await this.attempts.lock(client, attemptId));
  }
}
