import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import pg from 'pg';
import { within } from '../../core/within.js';
import { AppConfig } from '../config/app-config.js';

/** How long one statement of a snapshot may run. */
const STATEMENT_TIMEOUT_MS = 60 * 60_000;
/** How long a snapshot may wait between statements, for a reader that takes its time. */
const IDLE_TIMEOUT_MS = 15 * 60_000;
/** A server that has said nothing for longer than any statement may run is given up. */
const SILENCE_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 60_000;
const OPEN_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * Long reads of one unchanging state of the database: the books checks and exports. Each gets a connection of its
 * own, so that neither the pools nor their short deadlines are touched.
 */
@Injectable()
export class Snapshot {
  constructor(private readonly config: AppConfig) {}

  /** Runs `work` in one read-only transaction that sees the state of its first statement throughout. */
  async read<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    const client = await this.open();
    try {
      return await work(client);
    } finally {
      await close(client);
    }
  }

  /** The same for work that yields as it goes; the transaction ends with the last item or the reader's leaving. */
  async *iterate<Item>(work: (client: pg.Client) => AsyncGenerator<Item>): AsyncGenerator<Item> {
    const client = await this.open();
    try {
      yield* work(client);
    } finally {
      await close(client);
    }
  }

  private async open(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.config.databaseUrl,
      connectionTimeoutMillis: OPEN_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_TIMEOUT_MS,
      lock_timeout: 5_000,
      keepAlive: true,
      application_name: 'faregate-snapshot',
    });
    // A broken connection fails the statement under way; without a listener it would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      streamOf(client).setTimeout(SILENCE_TIMEOUT_MS, () => streamOf(client).destroy());
      await within(OPEN_TIMEOUT_MS, client.query('begin isolation level repeatable read read only'));
      return client;
    } catch (error) {
      await close(client);
      throw error;
    }
  }
}

/** The connection's socket, which the driver's types leave out. */
const streamOf = (client: pg.Client): Socket =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream;

/** Says goodbye; a server that does not answer is left without. */
async function close(client: pg.Client): Promise<void> {
  await within(CLOSE_TIMEOUT_MS, client.end()).catch(() => streamOf(client).destroy());
}
