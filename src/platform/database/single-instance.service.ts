import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { monotonicMs } from '../../core/clock.js';
import { within } from '../../core/within.js';
import { AppConfig, ConfigError } from '../config/app-config.js';
import { LogThrottle } from '../queue/log-throttle.js';

/** The advisory lock of the API process that runs alone, in the space of two-part locks: "fare", "gate". */
const LOCK = [0x66617265, 0x67617465] as const;
/** How long a predecessor that is going may still hold it. */
const HANDOVER_MS = 3_000;
const RETRY_MS = 100;
/** How often a running process makes sure that it still holds the lock. */
const WATCH_MS = 5_000;
const DEADLINE_MS = 2_000;

/**
 * Without Redis each process counts limits by itself, so only one API process may use a database. It holds a lock
 * that ends with its session: one that was killed leaves nothing behind. The session is its own connection, which
 * must not go through a pooler that shares sessions.
 */
@Injectable()
export class SingleInstance implements OnApplicationShutdown {
  private session: pg.Client | undefined;
  private watch: NodeJS.Timeout | undefined;
  private stopped = false;
  private readonly throttle = new LogThrottle();
  private readonly log = new Logger(SingleInstance.name);

  constructor(private readonly config: AppConfig) {}

  /**
   * Resolves when this process may run: at once with `REDIS_URL`. Throws ConfigError when another one holds the
   * database for longer than a restart takes, and the driver's error when the database cannot be reached.
   */
  async claim(): Promise<void> {
    if (this.config.redisUrl !== undefined) return;
    const deadline = monotonicMs() + HANDOVER_MS;
    while (!(await this.tryLock())) {
      if (monotonicMs() > deadline) {
        throw new ConfigError(
          'Another API process uses this database without REDIS_URL. Set REDIS_URL to run several.',
        );
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    this.log.log(
      'limits are counted in this process, only one API process may run; REDIS_URL allows several',
    );
    this.watchNext();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.watch);
    if (this.session) await goodbye(this.session);
  }

  private watchNext(): void {
    if (this.stopped) return;
    this.watch = setTimeout(() => void this.check().finally(() => this.watchNext()), WATCH_MS).unref();
  }

  /** A connection that broke took the lock with it; the process goes on and takes it again. */
  private async check(): Promise<void> {
    const { session } = this;
    try {
      if (session) await session.query('select 1');
      else if (!(await this.tryLock())) {
        this.warn('another API process uses this database without REDIS_URL: limits are counted in each');
      }
    } catch (error) {
      if (session) this.leave(session);
      this.warn(`the lock of a single API process is not held: ${(error as Error).message}`);
    }
  }

  private async tryLock(): Promise<boolean> {
    const client = new pg.Client({
      connectionString: this.config.databaseUrl,
      connectionTimeoutMillis: DEADLINE_MS,
      query_timeout: DEADLINE_MS,
      keepAlive: true,
      application_name: 'faregate-single-instance',
    });
    client.on('error', () => this.leave(client));
    client.on('end', () => this.leave(client));
    try {
      await client.connect();
      const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1, $2) as held', [
        ...LOCK,
      ]);
      if (rows[0]?.held === true && !this.stopped) {
        this.session = client;
        return true;
      }
    } catch (error) {
      await goodbye(client);
      throw error;
    }
    await goodbye(client);
    return false;
  }

  private leave(client: pg.Client): void {
    if (this.session !== client) return;
    this.session = undefined;
    client.end().catch(() => undefined);
  }

  private warn(text: string): void {
    const line = this.throttle.admit(text);
    if (line !== null) this.log.warn(line);
  }
}

/** A server that does not answer is left without. */
const goodbye = (client: pg.Client): Promise<void> =>
  within(DEADLINE_MS, client.end()).catch(() => undefined);
