import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { AppConfig } from '../../platform/config/app-config.js';
import { Database } from '../../platform/database/database.service.js';
import { LedgerRepository } from '../ledger/ledger.repository.js';
import { LedgerService, type Journal } from '../ledger/ledger.service.js';
import type { Funding } from '../ledger/posting.js';
import { postUsage } from './post-usage.js';
import { RollupRepository, type ClaimedEvent } from './rollup.repository.js';

/** Turns queued usage events into rollups and ledger transactions, a batch at a time. */
@Injectable()
export class RollupService implements BeforeApplicationShutdown {
  private stopping = false;

  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly rollups: RollupRepository,
    private readonly ledger: LedgerRepository,
    private readonly journal: LedgerService,
  ) {}

  beforeApplicationShutdown(): void {
    this.stopping = true;
  }

  /** Works until the queue is empty or the process is asked to stop. Returns how many events were posted. */
  async drain(): Promise<number> {
    let total = 0;
    while (!this.stopping) {
      const done = await this.runBatch();
      total += done;
      if (done === 0) break;
      await nextTurn();
    }
    return total;
  }

  /** One batch in one transaction: claimed, rolled up, paid from lots and posted, or none of it. */
  async runBatch(): Promise<number> {
    return this.database.transaction(async (client) => {
      const claimed = await this.rollups.claim(client, this.config.rollupBatch);
      if (claimed.length === 0) return 0;
      await this.ledger.lockLots(client, [...new Set(claimed.map((event) => event.walletId))]);
      const { events, paidBefore } = await this.withoutEarlyReversals(client, claimed);
      if (events.length === 0) return 0;
      await this.rollups.addToRollups(
        client,
        events.map((event) => event.id),
      );
      await this.post(client, events, paidBefore);
      return events.length;
    });
  }

  /**
   * A reversal waits until the event it takes back is posted; and the funding of those that are.
   * Asked under the lock of the lots, so that the answer cannot change.
   */
  private async withoutEarlyReversals(
    client: PoolClient,
    claimed: ClaimedEvent[],
  ): Promise<{ events: ClaimedEvent[]; paidBefore: Map<string, Funding> }> {
    const here = new Set(claimed.map((event) => event.id));
    const elsewhere = claimed.flatMap(({ reversesId }) =>
      reversesId !== undefined && !here.has(reversesId) ? [reversesId] : [],
    );
    if (elsewhere.length === 0) return { events: claimed, paidBefore: new Map() };
    const queued = await this.rollups.listQueued(client, elsewhere);
    const early = (event: ClaimedEvent) => event.reversesId !== undefined && queued.has(event.reversesId);
    const putBack = claimed.filter(early).map((event) => event.id);
    if (putBack.length > 0) await this.rollups.putBack(client, putBack);
    return {
      events: claimed.filter((event) => !early(event)),
      paidBefore: await this.rollups.listFundings(client, elsewhere),
    };
  }

  private async post(
    client: PoolClient,
    events: ClaimedEvent[],
    paidBefore: Map<string, Funding>,
  ): Promise<void> {
    const byWallet = new Map<string, ClaimedEvent[]>();
    for (const event of events) {
      const walletEvents = byWallet.get(event.walletId);
      if (walletEvents) walletEvents.push(event);
      else byWallet.set(event.walletId, [event]);
    }
    const hasReversal = events.some((event) => event.reversesId !== undefined);
    const lots = await this.ledger.listLots(client, [...byWallet.keys()], hasReversal);
    const journals: Journal[] = [];
    const fundings: { eventId: string; funding: Funding }[] = [];
    for (const [walletId, walletEvents] of byWallet) {
      const result = postUsage(walletEvents, lots.get(walletId) ?? [], paidBefore);
      fundings.push(...result.fundings);
      if (result.postings.length > 0) journals.push(journalOf(walletEvents, result));
    }
    await this.journal.record(client, journals);
    await this.rollups.recordFundings(client, fundings);
  }
}

function journalOf(
  events: ClaimedEvent[],
  { postings, moves }: Pick<Journal, 'postings' | 'moves'>,
): Journal {
  const [first] = events;
  if (!first) throw new Error('a journal needs an event');
  return {
    idempotencyKey: `usage:${first.walletId}:${first.id}`,
    kind: 'usage',
    organizationId: first.organizationId,
    walletId: first.walletId,
    currency: first.currency,
    description: `${events.length} calls`,
    postings,
    moves,
  };
}
