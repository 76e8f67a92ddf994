import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { uuidv7 } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import { Database } from '../../platform/database/database.service.js';

/** Something to be told or done after the caller's transaction has committed. */
export interface OutboxEntry {
  /** Which handler it is for. */
  topic: string;
  /** Says once for ever what it is; a second one with the same key is not added. */
  dedupeKey: string;
  /** Null: of no customer. */
  organizationId: string | null;
  /** Ids and texts; amounts as decimal text. */
  payload: JsonObject;
}

/** An entry a worker has taken. */
export interface TakenEntry extends OutboxEntry {
  id: string;
  /** How often it was tried before. */
  attempts: number;
  createdAt: Date;
}

interface Row {
  id: string;
  topic: string;
  dedupe_key: string;
  organization_id: string | null;
  payload: JsonObject;
  attempts: number;
  created_at: Date;
}

/** The table of things to tell: written in the transaction they are about, handled at least once after it. */
@Injectable()
export class OutboxRepository {
  constructor(private readonly database: Database) {}

  /** Adds an entry to the caller's transaction; one that is there already is left as it is. */
  async add(client: PoolClient, { topic, dedupeKey, organizationId, payload }: OutboxEntry): Promise<void> {
    await client.query(
      `insert into outbox (id, topic, dedupe_key, organization_id, payload) values ($1, $2, $3, $4, $5)
       on conflict (topic, dedupe_key) do nothing`,
      [uuidv7(), topic, dedupeKey, organizationId, JSON.stringify(payload)],
    );
  }

  /** Takes due entries of these topics for a minute, oldest first; entries of a worker that died become due again. */
  async take(topics: readonly string[], limit: number): Promise<TakenEntry[]> {
    const rows = await this.database.query<Row>(
      `update outbox set next_at = billing_now() + interval '1 minute', attempts = attempts + 1
       where id = any (array(select id from outbox where processed_at is null and next_at <= billing_now() and topic = any ($2)
                             order by next_at, id limit $1 for update skip locked))
       returning id, topic, dedupe_key, organization_id, payload, attempts - 1 as attempts, created_at`,
      [limit, topics],
    );
    return rows
      .map((row) => ({
        id: row.id,
        topic: row.topic,
        dedupeKey: row.dedupe_key,
        organizationId: row.organization_id,
        payload: row.payload,
        attempts: row.attempts,
        createdAt: row.created_at,
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** It was handled. */
  async complete(id: string): Promise<void> {
    await this.database.query(
      'update outbox set processed_at = billing_now(), last_error = null where id = $1',
      [id],
    );
  }

  /** It was not; due again after `delayMs`. */
  async postpone(id: string, delayMs: number, error: string): Promise<void> {
    await this.database.query(
      `update outbox set next_at = billing_now() + make_interval(secs => $2::double precision / 1000), last_error = $3 where id = $1`,
      [id, delayMs, error.slice(0, 500)],
    );
  }
}
