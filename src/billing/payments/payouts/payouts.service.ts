import { Injectable } from '@nestjs/common';
import { StripeClient } from '../../../accounts/payment-methods/stripe.client.js';
import { uuidv7 } from '../../../core/ids.js';
import { Database } from '../../../platform/database/database.service.js';
import { LedgerService } from '../../ledger/ledger.service.js';
import { payoutArrived, payoutSentBack, type Posting } from '../../ledger/posting.js';
import { readPayout } from './balance-movement.js';
import { BalanceRepository, type StoredPayout } from './balance.repository.js';

type Client = Parameters<LedgerService['record']>[0];

/** What Stripe pays out to the bank: in transit once it left the balance, at the bank once it arrived. */
@Injectable()
export class PayoutsService {
  constructor(
    private readonly stripe: StripeClient,
    private readonly database: Database,
    private readonly balance: BalanceRepository,
    private readonly ledger: LedgerService,
  ) {}

  /** Reads a payout again and moves the books to where it stands; twice is once. Throws when Stripe does not answer. */
  async sync(ref: string): Promise<void> {
    const facts = readPayout(await this.stripe.get().payouts.retrieve(ref));
    const payout = await this.database.transaction(async (client) => {
      const made = { id: uuidv7(), legalEntityId: await this.balance.houseEntity(client) };
      const stored = await this.balance.putPayout(client, facts, made);
      await this.follow(client, stored);
      return stored;
    });
    if (payout.automatic && !payout.composed && payout.status !== 'pending') await this.compose(ref);
  }

  private async follow(client: Client, payout: StoredPayout): Promise<void> {
    const [arrived, sentBack] = [`payout_paid:${payout.id}`, `payout_sent_back:${payout.id}`];
    const hasArrived = await this.balance.hasJournal(client, arrived);
    if (payout.status === 'paid' && !hasArrived)
      await this.record(client, payout, { key: arrived, postings: payoutArrived(payout.amountNano) });
    // A bank may send back what had arrived, up to some days later.
    const isOver = payout.status === 'failed' || payout.status === 'canceled';
    if (isOver && hasArrived && !(await this.balance.hasJournal(client, sentBack)))
      await this.record(client, payout, { key: sentBack, postings: payoutSentBack(payout.amountNano) });
  }

  private async record(
    client: Client,
    payout: StoredPayout,
    { key, postings }: { key: string; postings: Posting[] },
  ): Promise<void> {
    if (postings.length === 0) return;
    await this.ledger.record(client, [
      {
        idempotencyKey: key,
        kind: 'payout',
        organizationId: null,
        legalEntityId: payout.legalEntityId,
        walletId: null,
        currency: payout.currency,
        description: `Payout ${payout.ref}: ${payout.status}`,
        postings,
      },
    ]);
  }

  /** Which movements it consists of; again at the next run while some of them are not kept yet. */
  private async compose(ref: string): Promise<void> {
    const refs: string[] = [];
    for await (const { id, type } of this.stripe.get().balanceTransactions.list({ payout: ref, limit: 100 }))
      if (type !== 'payout') refs.push(id);
    const known = await this.balance.findKnown(refs);
    if (known.size < refs.length) return;
    await this.database.transaction((client) => this.balance.compose(client, ref, refs));
  }
}
