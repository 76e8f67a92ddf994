import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';

/** What waits in the books at this moment. Ages in seconds, 0 where nothing waits. */
export interface BooksState {
  holdsOpen: number;
  oldestHoldSeconds: number;
  usagePending: number;
  oldestUsageSeconds: number;
  /** What the latest nightly run of the books checks found, and when; absent: none has run. */
  lastAudit: { violations: number; ageSeconds: number } | undefined;
  outboxPending: number;
  oldestOutboxSeconds: number;
  /** What the house bore in the last 24 hours, by currency, nano. */
  absorbed: { currency: string; nano: bigint }[];
}

/** Waiting rows are few when all is well; when it is not, no more than this many are counted. */
const COUNTED = 100_000;

const WAITING = `
  with open as (select created_at from hold where state = 'open' limit ${COUNTED}),
    pending as (select e.recorded_at from (select event_id from usage_pending limit ${COUNTED}) p
      join usage_event e on e.id = p.event_id),
    letters as (select created_at from outbox where processed_at is null limit ${COUNTED})
  select (select count(*) from open)::int as "holdsOpen",
    (select coalesce(extract(epoch from billing_now() - min(created_at)), 0) from open)::float8 as "oldestHoldSeconds",
    (select count(*) from pending)::int as "usagePending",
    (select coalesce(extract(epoch from billing_now() - min(recorded_at)), 0) from pending)::float8 as "oldestUsageSeconds",
    (select count(*) from letters)::int as "outboxPending",
    (select coalesce(extract(epoch from billing_now() - min(created_at)), 0) from letters)::float8 as "oldestOutboxSeconds"`;

const LAST_AUDIT = `select violations::float8 as violations, extract(epoch from billing_now() - at)::float8 as "ageSeconds"
  from books_audit order by id desc limit 1`;

const ABSORBED = `
  select w.currency, sum(r.absorbed_nano)::text as nano from usage_rollup r join wallet w on w.id = r.wallet_id
  where r.hour >= billing_now() - interval '24 hours' and r.absorbed_nano <> 0 group by w.currency`;

/** Reads how far the money walk is behind. */
@Injectable()
export class BooksGaugesRepository {
  constructor(private readonly database: Database) {}

  async read(): Promise<BooksState> {
    const [waiting] = await this.database.query<Omit<BooksState, 'absorbed' | 'lastAudit'>>(WAITING);
    const [lastAudit] = await this.database.query<{ violations: number; ageSeconds: number }>(LAST_AUDIT);
    if (!waiting) throw new Error('the state of the books has no row');
    const absorbed = await this.database.query<{ currency: string; nano: string }>(ABSORBED);
    return {
      ...waiting,
      lastAudit,
      absorbed: absorbed.map(({ currency, nano }) => ({ currency, nano: BigInt(nano) })),
    };
  }
}
