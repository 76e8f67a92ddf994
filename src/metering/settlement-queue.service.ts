import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { monotonicMs } from '../core/clock.js';
import { GatewayProcess } from '../billing/holds/gateway-process.service.js';
import { RollupNudge } from '../billing/holds/rollup-nudge.service.js';
import { isDatabaseAway } from '../platform/database/database.service.js';
import { SettlementJournal, type JournalEntry } from './settlement-journal.store.js';
import { SettlementRepository } from './settlement.repository.js';
import type { SettlementCall } from './settlement.js';

const MAX_BATCH = 256;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 2_000;
/** How often abandoned journals are looked for, and how long a settlement that fails by itself rests. */
const HOUSEKEEPING_MS = 10_000;
const SHUTDOWN_WAIT_MS = 10_000;

/**
 * Brings journalled settlements into the database, batch after batch, for as long as it takes. One that fails by
 * itself is set aside, so that it does not stop the others, and tried again with every housekeeping round.
 */
@Injectable()
export class SettlementQueue implements OnModuleInit, OnApplicationShutdown {
  private waiting: JournalEntry[] = [];
  private setAside: JournalEntry[] = [];
  private running = false;
  private retryMs = FIRST_RETRY_MS;
  private timer: NodeJS.Timeout | undefined;
  private readonly log = new Logger(SettlementQueue.name);

  constructor(
    private readonly journal: SettlementJournal,
    private readonly repository: SettlementRepository,
    private readonly process: GatewayProcess,
    private readonly worker: RollupNudge,
  ) {}

  onModuleInit(): void {
    this.process.journalPending = () => this.journal.pending;
    void this.keepHouse(true);
    this.timer = setInterval(() => void this.keepHouse(false), HOUSEKEEPING_MS).unref();
  }

  /** The settlement is on disk when this returns and reaches the database by itself. Throws when the disk refuses. */
  record(call: SettlementCall): void {
    this.waiting.push(this.journal.append(call));
    if (!this.running) {
      this.running = true;
      setImmediate(() => void this.drain());
    }
  }

  /** Settlements not yet in the database. */
  get pending(): number {
    return this.journal.pending;
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    const deadline = monotonicMs() + SHUTDOWN_WAIT_MS;
    while (this.waiting.length > 0 && monotonicMs() < deadline) await pause(20);
    while (this.running && this.waiting.length === 0 && monotonicMs() < deadline) await pause(5);
    this.journal.sync();
    this.journal.close();
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
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

  private finish(batch: JournalEntry[]): void {
    this.waiting.splice(0, batch.length);
    this.journal.confirm(batch);
    this.retryMs = FIRST_RETRY_MS;
  }

  private async recover(batch: JournalEntry[], error: unknown): Promise<void> {
    if (isDatabaseAway(error) || isTransient(error)) {
      this.journal.sync();
      this.log.warn(
        `settlements wait for the database (${this.journal.pending} pending): ${(error as Error).message}`,
      );
      await pause(this.retryMs);
      this.retryMs = Math.min(this.retryMs * 2, MAX_RETRY_MS);
      return;
    }
    for (const entry of batch) {
      try {
        await this.repository.settle([entry.call]);
        this.journal.confirm([entry]);
      } catch (cause) {
        this.setAside.push(entry);
        this.log.error(
          `settlement of ${entry.call.hold} was refused and stays in the journal: ${(cause as Error).message}`,
        );
      }
    }
    this.waiting.splice(0, batch.length);
  }

  /** Takes over what dead processes left behind. At boot even fresh files are replayed: that is harmless. */
  private async keepHouse(boot: boolean): Promise<void> {
    try {
      this.journal.touch();
      for (const { path, calls } of this.journal.readAbandoned(boot)) {
        for (let start = 0; start < calls.length; start += MAX_BATCH) {
          await this.repository.settle(calls.slice(start, start + MAX_BATCH));
        }
        this.log.log(`replayed ${calls.length} settlements of ${path}`);
        this.journal.removeAbandoned(path);
      }
      const again = this.setAside.splice(0);
      if (again.length > 0) this.waiting.push(...again);
      if (this.waiting.length > 0 && !this.running) {
        this.running = true;
        await this.drain();
      }
    } catch (error) {
      this.log.warn(`journal housekeeping: ${(error as Error).message}`);
    }
  }
}

/** Serialisation failures and deadlocks go away by themselves. */
const isTransient = (error: unknown): boolean =>
  /^(40001|40P01)$/.test(String((error as { code?: unknown }).code));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
