import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { monotonicMs, nowMs } from '../core/clock.js';
import { GatewayProcess } from '../billing/holds/gateway-process.service.js';
import { RollupNudge } from '../billing/holds/rollup-nudge.service.js';
import { JournalReplay } from './journal-replay.service.js';
import { SettlementJournal, type JournalEntry } from './settlement-journal.store.js';
import type { SettlementCall } from './settlement.js';
import { Settler, type Refusal } from './settler.service.js';

const MAX_BATCH = 256;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 2_000;
/** How often abandoned journals are looked for, and how long a settlement that fails by itself rests. */
const HOUSEKEEPING_MS = 10_000;
const SHUTDOWN_WAIT_MS = 10_000;
/**
 * How long settlements gather before they travel: nobody waits for them, and a batch of many costs the database far
 * less a call than a batch of one.
 */
const LINGER_MS = 25;

/** A settlement of this turn of the event loop, not on disk yet. */
interface FreshSettlement {
  call: SettlementCall;
  written: (() => void) | undefined;
}

/**
 * Brings journalled settlements into the database, batch after batch, for as long as it takes. One that fails by
 * itself is set aside, so that it does not stop the others, and tried again with every housekeeping round.
 */
@Injectable()
export class SettlementQueue implements OnModuleInit, OnApplicationShutdown {
  private fresh: FreshSettlement[] = [];
  private waiting: JournalEntry[] = [];
  private setAside: JournalEntry[] = [];
  private running = false;
  private retryMs = FIRST_RETRY_MS;
  private leaving = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly log = new Logger(SettlementQueue.name);

  constructor(
    private readonly journal: SettlementJournal,
    private readonly settler: Settler,
    private readonly replay: JournalReplay,
    private readonly process: GatewayProcess,
    private readonly worker: RollupNudge,
  ) {}

  onModuleInit(): void {
    this.process.journalPending = () => this.pending;
    void this.keepHouse(true);
    this.timer = setInterval(() => void this.keepHouse(false), HOUSEKEEPING_MS).unref();
  }

  /**
   * Puts the settlement on disk, with all others of this turn of the event loop in one write, and then calls
   * `written`; from there it reaches the database by itself. When the disk refuses, it is kept in memory alone, which
   * is better than to fail a call that was answered.
   */
  record(call: SettlementCall, written?: () => void): void {
    this.fresh.push({ call, written });
    if (this.fresh.length === 1) setImmediate(() => this.writeFresh());
  }

  /** How long the oldest settlement that is not in the database yet has waited, milliseconds; 0: there is none. */
  get oldestPendingMs(): number {
    const oldest = this.setAside[0] ?? this.waiting[0];
    if (!oldest) return 0;
    const { request } = oldest.call;
    return Math.max(0, nowMs() - Date.parse(request.started_at) - request.duration_ms);
  }

  /** Settlements not yet in the database. */
  get pending(): number {
    return this.fresh.length + this.waiting.length + this.setAside.length;
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.leaving = true;
    this.writeFresh();
    const deadline = monotonicMs() + SHUTDOWN_WAIT_MS;
    while (this.waiting.length > 0 && monotonicMs() < deadline) await pause(20);
    while (this.running && this.waiting.length === 0 && monotonicMs() < deadline) await pause(5);
    this.journal.sync();
    this.journal.close();
  }

  private writeFresh(): void {
    const fresh = this.fresh;
    this.fresh = [];
    if (fresh.length === 0) return;
    this.waiting.push(...this.keep(fresh.map(({ call }) => call)));
    for (const { written } of fresh) written?.();
    if (this.running) return;
    this.running = true;
    void this.drain();
  }

  private async drain(): Promise<void> {
    try {
      while (this.waiting.length > 0) {
        if (this.waiting.length < MAX_BATCH && !this.leaving) await pause(LINGER_MS);
        await this.settle(this.waiting.slice(0, MAX_BATCH));
      }
    } catch (error) {
      this.log.error(`settlements wait for the next round: ${(error as Error).message}`);
    } finally {
      this.running = false;
    }
  }

  private keep(calls: readonly SettlementCall[]): JournalEntry[] {
    try {
      return this.journal.append(calls);
    } catch (error) {
      this.log.error(
        `the journal cannot be written; the settlements of ${calls.map(({ hold }) => hold).join(', ')} are in memory alone: ${(error as Error).message}`,
      );
      return calls.map((call) => ({ call }));
    }
  }

  /** Settles the first of those that wait. Only what the database says decides whether they go on waiting. */
  private async settle(batch: JournalEntry[]): Promise<void> {
    let refused: Refusal[];
    try {
      ({ refused } = await this.settler.settle(batch.map(({ call }) => call)));
    } catch (error) {
      return this.rest(error);
    }
    const without = new Set(refused.map(({ call }) => call));
    this.waiting.splice(0, batch.length);
    this.setAside.push(...batch.filter(({ call }) => without.has(call)));
    this.retryMs = FIRST_RETRY_MS;
    this.journal.confirm(batch.filter(({ call }) => !without.has(call)));
    this.worker.nudge();
  }

  private async rest(passing: unknown): Promise<void> {
    this.journal.sync();
    this.log.warn(
      `settlements wait for the database (${this.pending} pending): ${(passing as Error).message}`,
    );
    await pause(this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, MAX_RETRY_MS);
  }

  /** At boot even fresh files are replayed: that is harmless. */
  private async keepHouse(boot: boolean): Promise<void> {
    try {
      this.journal.touch();
      await this.replay.run(boot);
    } catch (error) {
      this.log.warn(`journal housekeeping: ${(error as Error).message}`);
    }
    this.waiting.push(...this.setAside.splice(0));
    if (this.waiting.length === 0 || this.running) return;
    this.running = true;
    await this.drain();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
