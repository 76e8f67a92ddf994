import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { monotonicMs } from '../core/clock.js';
import { unavailable } from '../core/errors.js';
import { isDatabaseAway } from '../platform/database/database.service.js';
import { CatalogSnapshot } from './catalog-snapshot.js';
import { CatalogRepository } from './catalog.repository.js';

/** How often a process looks whether the catalogue moved; a change is everywhere within twice this. */
const POLL_MS = 1_000;

/**
 * The catalogue in memory. A background poll replaces the snapshot when the database's version moves; while the
 * database is away the last one stays in use. Also knows the database's clock, which money goes by.
 */
@Injectable()
export class CatalogService implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(CatalogService.name);
  private current: CatalogSnapshot | undefined;
  /** What to add to the monotonic clock to get the database's; undefined before the first answer. */
  private clockOffsetMs: number | undefined;
  private seenAtMs: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = true;
  private away = false;
  /** Refreshes run one after another, so that an older answer never replaces a newer one. */
  private tail: Promise<void> = Promise.resolve();

  constructor(private readonly repository: CatalogRepository) {}

  async onModuleInit(): Promise<void> {
    await this.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.stop();
  }

  /**
   * Loads the catalogue and begins to watch it. When the database is away it comes up empty and goes on trying;
   * any other failure is thrown.
   */
  async start(): Promise<void> {
    this.stopped = false;
    try {
      await this.refresh();
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      this.noteAway(error);
    }
    this.schedule();
  }

  /** Ends the watch and waits for a refresh under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.tail.catch(() => undefined);
  }

  /** The catalogue as last seen. Throws `unavailable` when it has never been loaded. */
  snapshot(): CatalogSnapshot {
    if (!this.current) throw unavailable('The model catalogue is not loaded yet');
    return this.current;
  }

  /** Milliseconds since the epoch by the database's clock. Throws `unavailable` when it has never been read. */
  databaseNowMs(): number {
    if (this.clockOffsetMs === undefined) throw unavailable('The database clock is not known yet');
    return Math.floor(monotonicMs() + this.clockOffsetMs);
  }

  /**
   * The last instant, in milliseconds of the database's clock, at which the snapshot is known to have held every price.
   * Calls are priced as of then: a price that took over since is one that this process cannot know yet. Throws
   * `unavailable` when the catalogue has never been loaded.
   */
  pricesAtMs(): number {
    if (this.seenAtMs === undefined) throw unavailable('The model catalogue is not loaded yet');
    return this.seenAtMs;
  }

  /** Looks at once; afterwards the snapshot holds every change committed before this call. Throws when the database is away. */
  refresh(): Promise<void> {
    this.tail = this.tail.catch(() => undefined).then(() => this.reloadIfMoved());
    return this.tail;
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.poll(), POLL_MS);
    this.timer.unref();
  }

  private async poll(): Promise<void> {
    try {
      await this.refresh();
      if (this.away) this.logger.log('the catalogue is being watched again');
      this.away = false;
    } catch (error) {
      this.noteAway(error);
    }
    this.schedule();
  }

  /** Once per outage, not once per second. */
  private noteAway(error: unknown): void {
    if (!this.away) this.logger.warn(`the catalogue cannot be read: ${(error as Error).message}`);
    this.away = true;
  }

  private async reloadIfMoved(): Promise<void> {
    const sentAtMs = monotonicMs();
    const { version, nowMs } = await this.repository.getVersion();
    // The database read its clock somewhere between; the middle is wrong by half the round trip at most.
    this.clockOffsetMs = nowMs - (sentAtMs + monotonicMs()) / 2;
    if (this.current?.version !== version) this.current = new CatalogSnapshot(await this.repository.load());
    // One less: a price may begin in the rest of this very millisecond.
    this.seenAtMs = Math.floor(nowMs) - 1;
  }
}
