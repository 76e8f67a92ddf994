import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { monotonicMs } from '../../core/clock.js';
import { AppConfig } from '../../platform/config/app-config.js';
import { Database, isDatabaseAway, isPassing } from '../../platform/database/database.service.js';
import { LedgerRepository } from '../ledger/ledger.repository.js';
import { LedgerService, type Journal } from '../ledger/ledger.service.js';
import type { Allocation } from '../ledger/lots.js';
import type { Funding } from '../ledger/posting.js';
import { BatchError, type BatchItem } from './batch-error.js';
import { postAttempts } from './post-attempts.js';
import { fundingByPeriod, postUsage } from './post-usage.js';
import { RollupRepository, type ClaimedEvent } from './rollup.repository.js';
import { SetAside } from './set-aside.js';

/** More wallets than so many whose attempts cannot be posted are a fault of the whole. */
const MAX_REFUSED_WALLETS = 100;

/** How often a batch looks from the start of the queue while work goes on. */
const LOOK_BACK_EVERY = 50;

/** Does the work of a claimed batch. Throws BatchError when it fails for what is in it. */
async function tryBatch<Result>(
  client: PoolClient,
  items: readonly BatchItem[],
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    const result = await work();
    // What the database checks when it commits is checked here, where it is still known whose fault it is.
    await client.query('set constraints all immediate');
    return result;
  } catch (cause) {
    throw isPassing(cause) ? cause : new BatchError(items, cause);
  }
}

/** Turns queued usage events into rollups and ledger transactions, a batch at a time. */
@Injectable()
export class RollupService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(RollupService.name);
  private readonly setAside = new SetAside();
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

  /**
   * Works until the queue is empty or the process is asked to stop. Returns how many events were posted. An event
   * that cannot be posted is set aside for some minutes, and a wallet with many of them as a whole, so that they stop
   * nobody else's; the books checks report them. `isEnough` is asked after each batch and may end the work before the
   * queue is empty, which under load it never is. Throws when the database is away.
   */
  async drain(isEnough: (done: number) => Promise<boolean> = () => Promise.resolve(false)): Promise<number> {
    let total = 0;
    let limit = this.config.rollupBatch;
    this.setAside.retry(monotonicMs());
    // Where the batch before ended. Only a hint that spares the walk over what is gone: events that come in late with an older id
    // are found by the batches that look from the start, the last of them when nothing is left.
    let after: string | undefined;
    for (let batch = 1; !this.stopping; batch++) {
      try {
        const { done, last } = await this.post(limit, after);
        total += done;
        const isWhole = limit === this.config.rollupBatch;
        if (isWhole && done === 0 && after === undefined) break;
        if (isWhole && done > 0 && (await isEnough(done))) break;
        limit = this.config.rollupBatch;
        after = done === 0 || batch % LOOK_BACK_EVERY === 0 ? undefined : last;
      } catch (error) {
        if (!(error instanceof BatchError)) throw error;
        this.setCulpritAside(error);
        limit = error.nextLimit;
      }
      await nextTurn();
    }
    await this.bookAttempts();
    return total;
  }

  /**
   * Works for as long as whole batches wait. What comes in meanwhile stays for the next wake-up: under load that makes
   * a few large transactions of what would be a great many small ones.
   */
  catchUp(): Promise<number> {
    return this.drain((done) => Promise.resolve(done < this.config.rollupBatch));
  }

  /** One batch in one transaction: claimed, rolled up, paid from lots and posted, or none of it. */
  async runBatch(limit = this.config.rollupBatch): Promise<number> {
    return (await this.post(limit, undefined)).done;
  }

  /** A batch of events behind `after` (absent: of all); answers how many were posted and which was the last. */
  private async post(
    limit: number,
    after: string | undefined,
  ): Promise<{ done: number; last: string | undefined }> {
    return this.database.transaction(async (client) => {
      const claimed = await this.rollups.claim(client, limit, { without: this.setAside, after });
      if (claimed.length === 0) return { done: 0, last: undefined };
      const done = await tryBatch(client, claimed, () => this.process(client, claimed));
      return { done, last: claimed.at(-1)?.id };
    });
  }

  /**
   * Posts what attempts cost that nobody was charged for. Apart from the events, which must not wait for an attempt that cannot be
   * posted: its wallet's are tried again with the next drain, and the books checks report it. Throws when the database is away.
   */
  private async bookAttempts(): Promise<void> {
    const refused = new Set<string>();
    for (let limit = this.config.rollupBatch; !this.stopping && refused.size <= MAX_REFUSED_WALLETS;) {
      try {
        if ((await this.postAttempts(limit, [...refused])) < limit) return;
        limit = this.config.rollupBatch;
      } catch (error) {
        const batch = error instanceof BatchError ? error : null;
        if (batch === null && isDatabaseAway(error)) throw error;
        if (batch === null || batch.culprit)
          this.logger.error(`what unbilled attempts cost cannot be posted: ${(error as Error).message}`);
        if (batch === null) return;
        if (batch.culprit) refused.add(batch.culprit.walletId);
        limit = batch.nextLimit;
      }
    }
  }

  /** A batch of attempts, without those of some wallets; answers how many. */
  private postAttempts(limit: number, withoutWallets: string[]): Promise<number> {
    return this.database.transaction(async (client) => {
      const attempts = await this.rollups.claimAttempts(client, limit, withoutWallets);
      if (attempts.length === 0) return 0;
      const items = attempts.map(({ requestId, walletId }) => ({ id: requestId, walletId }));
      await tryBatch(client, items, () => this.journal.record(client, postAttempts(attempts)));
      return attempts.length;
    });
  }

  private async process(client: PoolClient, claimed: ClaimedEvent[]): Promise<number> {
    await this.ledger.lockLots(client, [...new Set(claimed.map((event) => event.walletId))]);
    const { events, paidBefore } = await this.withoutEarlyReversals(client, claimed);
    if (events.length === 0) return 0;
    await this.rollups.addToRollups(
      client,
      events.map((event) => event.id),
    );
    await this.postEvents(client, events, paidBefore);
    return events.length;
  }

  private setCulpritAside({ culprit, cause, message }: BatchError): void {
    if (culprit === undefined) return;
    if (!this.setAside.add(culprit)) throw cause;
    this.logger.error(`event ${culprit.id} cannot be posted: ${message}`);
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

  private async postEvents(
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
    const fundings: Allocation['fundings'] = [];
    for (const [walletId, walletEvents] of byWallet) {
      const result = postUsage(walletEvents, lots.get(walletId) ?? [], paidBefore);
      fundings.push(...result.fundings);
      if (result.postings.length > 0) journals.push(journalOf(walletEvents, result));
    }
    await this.journal.record(client, journals);
    await this.rollups.recordFundings(client, fundings);
    await this.rollups.addToPeriods(client, fundingByPeriod(events, fundings));
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
