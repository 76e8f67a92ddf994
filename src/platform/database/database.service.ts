import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { AppConfig } from '../config/app-config.js';

/** A statement that PostgreSQL keeps prepared under its name. */
export interface PreparedQuery {
  name: string;
  text: string;
}

const ROW_TYPES = {
  name: 'row-types',
  text: 'SELECT name, name::regtype::oid::int AS oid FROM unnest($1::text[]) AS name',
};
const CONNECT_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 5_000;
const LOCK_TIMEOUT_MS = 2_000;
/** A paused server answers nothing at all; the driver gives up a little after the server would have. */
const QUERY_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 1_000;

/** Options of every pool: each wait has an end. */
export function poolOptions(url: string, max: number): pg.PoolConfig {
  return {
    connectionString: url,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  };
}

/**
 * A connection that breaks, idle or in use, fails the statement under way and is replaced at the next use; without
 * these listeners its error event would end the process.
 */
export function surviveBrokenConnections(pool: pg.Pool): void {
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
}

/** The connections of this process. The hot path has its own few, so that a slow list never delays money. */
@Injectable()
export class Database implements OnApplicationShutdown {
  readonly pool: pg.Pool;
  readonly moneyPool: pg.Pool;

  constructor(config: AppConfig) {
    this.pool = new pg.Pool(poolOptions(config.databaseUrl, config.databasePool));
    this.moneyPool = new pg.Pool(poolOptions(config.databaseUrl, 4));
    for (const pool of [this.pool, this.moneyPool]) surviveBrokenConnections(pool);
  }

  /** Rows of one statement on the general pool. */
  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(text, values)).rows;
  }

  /** Rows of one prepared statement on the money pool. */
  async money<Row extends pg.QueryResultRow>(query: PreparedQuery, values: unknown[]): Promise<Row[]> {
    return (await this.moneyPool.query<Row>({ ...query, values })).rows;
  }

  /** Object ids of row types by name; they differ from database to database. For BinaryRows, on the money pool. */
  async rowTypes<Name extends string>(...names: Name[]): Promise<Record<Name, number>> {
    const rows = await this.money<{ name: Name; oid: number }>(ROW_TYPES, [names]);
    return Object.fromEntries(rows.map(({ name, oid }) => [name, oid])) as Record<Name, number>;
  }

  /** Runs `work` in one transaction on the general pool. */
  async transaction<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      await client.query('rollback').then(
        () => client.release(),
        (broken: Error) => client.release(broken),
      );
      throw error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.pool.end(), this.moneyPool.end()]);
  }
}

/** True for an error that goes away by itself: the database is away, or two transactions met. */
export const isPassing = (error: unknown): boolean =>
  isDatabaseAway(error) || String((error as { code?: unknown } | null)?.code).startsWith('40');

/**
 * True when an error means that the database could not be reached, did not answer in time or, in the middle of a failover, takes
 * no writes.
 */
export function isDatabaseAway(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string') {
    return (
      /^(08|57P|53)/.test(code) ||
      /^E(CONN|PIPE|TIMEDOUT|HOST|NET)/.test(code) ||
      code === '57014' ||
      code === '55P03' ||
      code === '25006'
    );
  }
  const message = error instanceof Error ? error.message : '';
  return /timeout|terminated|Connection|ended|not queryable/i.test(message);
}
