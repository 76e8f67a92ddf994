import { Injectable } from '@nestjs/common';
import pg from 'pg';
import { AppConfig } from '../config/app-config.js';

/** How long one statement of a snapshot may run. */
const STATEMENT_TIMEOUT_MS = 60 * 60_000;

/**
 * Long reads of one unchanging state of the database: the books checks and exports. Each gets a connection of its
 * own, so that neither the pools nor their short deadlines are touched.
 */
@Injectable()
export class Snapshot {
  constructor(private readonly config: AppConfig) {}

  /** Runs `work` in one read-only transaction that sees the state of its first statement throughout. */
  async read<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    const client = new pg.Client({
      connectionString: this.config.databaseUrl,
      connectionTimeoutMillis: 5_000,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: 5_000,
      keepAlive: true,
      application_name: 'faregate-snapshot',
    });
    // A broken connection fails the statement under way; without a listener it would end the process.
    client.on('error', () => undefined);
    await client.connect();
    try {
      await client.query('begin isolation level repeatable read read only');
      return await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
