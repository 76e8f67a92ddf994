import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';

/** Which call an Idempotency-Key belongs to. */
export interface KeyedCall {
  /** Organization and route: the same key sent elsewhere is another call. */
  scope: string;
  key: string;
  /** SHA-256 of the body, hex. */
  bodyHash: string;
}

/** What a caller finds under its key. */
export type AnswerClaim =
  | { kind: 'mine' }
  | { kind: 'running' }
  | { kind: 'other-body' }
  | { kind: 'not-kept' }
  | { kind: 'answered'; sealed: string };

/** A call whose process has said nothing for so long died with it, and may be made again. */
const ABANDONED_AFTER = `interval '60 seconds'`;
const KEPT_FOR = `interval '24 hours'`;

/** `response.owner` names the call that has the key until it is answered; `created_at` moves with its heartbeat. */
const CLAIM = `
  insert into idempotency_key as k (scope, key, body_hash, response)
  values ($1, $2, $3, jsonb_build_object('owner', $4::text))
  on conflict (scope, key) do update
    set body_hash = excluded.body_hash, status = null, response = excluded.response, created_at = clock_timestamp()
    where k.created_at < clock_timestamp() - ${KEPT_FOR}
       or (k.status is null and k.body_hash = excluded.body_hash
           and k.created_at < clock_timestamp() - ${ABANDONED_AFTER})
  returning 1`;

const FIND = `
  select body_hash, status, response->>'sealed' as sealed from idempotency_key where scope = $1 and key = $2`;

const COMPLETE = `
  update idempotency_key
  set status = $4, response = jsonb_build_object('sealed', $5::text), created_at = clock_timestamp()
  where scope = $1 and key = $2 and status is null and response->>'owner' = $3`;

const RELEASE = `
  delete from idempotency_key where scope = $1 and key = $2 and status is null and response->>'owner' = $3`;

const BEAT = `
  update idempotency_key set created_at = clock_timestamp()
  where status is null and (scope, key, response->>'owner') in (select * from unnest($1::text[], $2::text[], $3::text[]))`;

/** Answers of inference calls under their Idempotency-Key, in the table that admin calls use too. */
@Injectable()
export class IdempotentAnswersRepository {
  constructor(private readonly database: Database) {}

  /** Takes the key for the call `owner`, or says who has it. */
  async claim({ scope, key, bodyHash }: KeyedCall, owner: string): Promise<AnswerClaim> {
    const [mine] = await this.database.query(CLAIM, [scope, key, bodyHash, owner]);
    if (mine) return { kind: 'mine' };
    const [row] = await this.database.query<{
      body_hash: string;
      status: number | null;
      sealed: string | null;
    }>(FIND, [scope, key]);
    if (!row) return { kind: 'running' }; // released between the two statements: the next try gets it
    if (row.body_hash !== bodyHash) return { kind: 'other-body' };
    if (row.status === null) return { kind: 'running' };
    return row.sealed === null ? { kind: 'not-kept' } : { kind: 'answered', sealed: row.sealed };
  }

  /** The call is answered; `sealed` null: the answer itself may not or cannot be kept. */
  async complete(
    { scope, key }: KeyedCall,
    owner: string,
    answer: { status: number; sealed: string | null },
  ): Promise<void> {
    await this.database.query(COMPLETE, [scope, key, owner, answer.status, answer.sealed]);
  }

  /** Gives the key back: there is no answer that was charged. */
  async release({ scope, key }: KeyedCall, owner: string): Promise<void> {
    await this.database.query(RELEASE, [scope, key, owner]);
  }

  /** Says that calls still run. */
  async beat(calls: readonly { call: KeyedCall; owner: string }[]): Promise<void> {
    await this.database.query(BEAT, [
      calls.map(({ call }) => call.scope),
      calls.map(({ call }) => call.key),
      calls.map(({ owner }) => owner),
    ]);
  }
}
