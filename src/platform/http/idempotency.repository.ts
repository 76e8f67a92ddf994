import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.service.js';

/** Which call an Idempotency-Key belongs to. */
export interface IdempotentCall {
  /** Admin key, method and path: the same key sent elsewhere is another call. */
  scope: string;
  key: string;
  bodyHash: string;
}

/** What a caller finds under its key. */
export type IdempotencyClaim =
  | { kind: 'mine'; token: string }
  | { kind: 'running' }
  | { kind: 'other-body' }
  | { kind: 'answered'; status: number; sealed: string };

/** A call without an answer after this long died with its process, and may be run again. */
const ABANDONED_AFTER = `interval '60 seconds'`;
/** How long an answer is kept. */
const KEPT_FOR = `interval '24 hours'`;

const CLAIM = `
  insert into idempotency_key as k (scope, key, body_hash) values ($1, $2, $3)
  on conflict (scope, key) do update
    set body_hash = excluded.body_hash, status = null, response = null, created_at = clock_timestamp()
    where k.created_at < clock_timestamp() - ${KEPT_FOR}
       or (k.status is null and k.body_hash = excluded.body_hash
           and k.created_at < clock_timestamp() - ${ABANDONED_AFTER})
  returning created_at::text as token`;

/** The table behind Idempotency-Key. */
@Injectable()
export class IdempotencyRepository {
  constructor(private readonly database: Database) {}

  /** Takes the key for this call, or says who has it. */
  async claim({ scope, key, bodyHash }: IdempotentCall): Promise<IdempotencyClaim> {
    const [mine] = await this.database.query<{ token: string }>(CLAIM, [scope, key, bodyHash]);
    if (mine) return { kind: 'mine', token: mine.token };
    const [row] = await this.database.query<{
      body_hash: string;
      status: number | null;
      sealed: string | null;
    }>(
      `select body_hash, status, response->>'sealed' as sealed from idempotency_key where scope = $1 and key = $2`,
      [scope, key],
    );
    if (!row) return { kind: 'running' }; // released between the two statements: the next try gets it
    if (row.body_hash !== bodyHash) return { kind: 'other-body' };
    if (row.status === null || row.sealed === null) return { kind: 'running' };
    return { kind: 'answered', status: row.status, sealed: row.sealed };
  }

  /** Keeps the answer; does nothing when another process took the call over meanwhile. */
  async complete(
    call: IdempotentCall,
    token: string,
    answer: { status: number; sealed: string },
  ): Promise<void> {
    await this.database.query(
      `update idempotency_key set status = $4, response = jsonb_build_object('sealed', $5::text)
       where scope = $1 and key = $2 and created_at = $3::timestamptz`,
      [call.scope, call.key, token, answer.status, answer.sealed],
    );
  }

  /** Gives the key back: nothing was done under it. */
  async release(call: IdempotentCall, token: string): Promise<void> {
    await this.database.query(
      'delete from idempotency_key where scope = $1 and key = $2 and created_at = $3::timestamptz',
      [call.scope, call.key, token],
    );
  }
}
