import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { monotonicMs, nowMs } from '../core/clock.js';
import { GatewayProcess } from '../billing/holds/gateway-process.service.js';
import { RollupNudge } from '../billing/holds/rollup-nudge.service.js';
import { isDatabaseAway } from '../platform/database/database.service.js';
import { SettlementJournal, type AbandonedFile, type JournalEntry } from './settlement-journal.store.js';
import { SettlementRepository } from './settlement.repository.js';
import type { SettlementCall } from './settlement.js';

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
    private readonly repository: SettlementRepository,
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
    while (this.waiting.length > 0) {
      if (this.waiting.length < MAX_BATCH && !this.leaving) await pause(LINGER_MS);
      const batch = this.waiting.slice(0, MAX_BATCH);
      try {
        await this.repository.settle(batch.map(({ call }) => call));
        this.finish(batch);
        this.worker.nudge();
      } catch (error) {
        await this.recover(batch, error);
      }
    }
    this.running = false;
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

  private finish(batch: JournalEntry[]): void {
    this.waiting.splice(0, batch.length);
    this.journal.confirm(batch);
    this.retryMs = FIRST_RETRY_MS;
  }

  private async recover(batch: JournalEntry[], error: unknown): Promise<void> {
    try {
      if (isPassing(error)) throw error;
      const refused = new Set(await this.settleSingly(batch.map(({ call }) => call)));
      this.waiting.splice(0, batch.length);
      this.journal.confirm(batch.filter(({ call }) => !refused.has(call)));
      this.setAside.push(...batch.filter(({ call }) => refused.has(call)));
    } catch (passing) {
      this.journal.sync();
      this.log.warn(
        `settlements wait for the database (${this.pending} pending): ${(passing as Error).message}`,
      );
      await pause(this.retryMs);
      this.retryMs = Math.min(this.retryMs * 2, MAX_RETRY_MS);
    }
  }

  /**
   * Settles one after the other and returns those that the database refuses, each named in the log. Throws when the
   * database is away; what was settled until then is settled a second time without harm.
   */
  private async settleSingly(calls: readonly SettlementCall[]): Promise<SettlementCall[]> {
    const refused: SettlementCall[] = [];
    for (const call of calls) {
      try {
        await this.repository.settle([call]);
      } catch (error) {
        if (isPassing(error)) throw error;
        refused.push(call);
        this.log.error(`the settlement of ${call.hold} is refused: ${(error as Error).message}`);
      }
    }
    return refused;
  }

  /** Takes over what dead processes left behind. At boot even fresh files are replayed: that is harmless. */
  private async keepHouse(boot: boolean): Promise<void> {
    try {
      this.journal.touch();
      for (const file of this.journal.readAbandoned(boot)) await this.replay(file);
    } catch (error) {
      this.log.warn(`journal housekeeping: ${(error as Error).message}`);
    }
    this.waiting.push(...this.setAside.splice(0));
    if (this.waiting.length === 0 || this.running) return;
    this.running = true;
    await this.drain();
  }

  /** Settles what an abandoned file holds. Lines that the database refuses are moved out of the way, never lost. */
  private async replay({ path, calls, unreadable }: AbandonedFile): Promise<void> {
    const refused: SettlementCall[] = [];
    for (let start = 0; start < calls.length; start += MAX_BATCH) {
      const batch = calls.slice(start, start + MAX_BATCH);
      try {
        await this.repository.settle(batch);
      } catch (error) {
        if (isPassing(error)) throw error;
        refused.push(...(await this.settleSingly(batch)));
      }
    }
    if (calls.length > 0) this.worker.nudge();
    if (unreadable > 0) this.log.warn(`${path} has ${unreadable} lines that were cut short by a crash`);
    this.log.log(`replayed ${calls.length - refused.length} settlements of ${path}`);
    const aside = this.journal.removeAbandoned(path, refused);
    if (aside) {
      this.log.error(
        `${refused.length} settlements are refused by the database and kept in ${aside}; rename it to .jsonl to try them again`,
      );
    }
  }
}

/** Goes away by itself: the database is not there, or two transactions met. */
const isPassing = (error: unknown): boolean => isDatabaseAway(error) || isTransient(error);

/** Serialisation failures and deadlocks go away by themselves. */
const isTransient = (error: unknown): boolean =>
  /^(40001|40P01)$/.test(String((error as { code?: unknown }).code));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
