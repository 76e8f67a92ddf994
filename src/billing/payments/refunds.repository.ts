import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../platform/database/database.service.js';
import type { Refund, RefundStatus } from './refund.js';

/** A refund as it is ordered: `createdBy` is the admin key, a repeated `idempotencyKey` the same refund. */
export type NewRefund = Omit<Refund, 'createdAt' | 'closedAt' | 'failureMessage'> & {
  idempotencyKey: string;
  createdBy: string;
};

interface Row {
  id: string;
  organization_id: string;
  attempt_id: string;
  currency: string;
  amount_minor: string;
  amount_nano: string;
  status: RefundStatus;
  reason: string;
  provider_ref: string | null;
  failure_message: string | null;
  created_at: Date;
  closed_at: Date | null;
}

const COLUMNS = `id, organization_id, attempt_id, currency, amount_minor, amount_nano, status, reason, provider_ref,
  failure_message, created_at, closed_at`;

/** The table of refunds. */
@Injectable()
export class RefundsRepository {
  constructor(private readonly database: Database) {}

  /** Null when its idempotency key or the provider's name for it is there already. */
  async insert(client: PoolClient, refund: NewRefund): Promise<Refund | null> {
    const { rows } = await client.query<Row>(
      `insert into payment_refund (id, organization_id, attempt_id, currency, amount_minor, amount_nano, status, reason,
         provider_ref, idempotency_key, created_by, next_poll_at, closed_at)
       values ($1, $2, $3, $4, $5, $6, $7::text, $8, $9, $10, $11, billing_now() + interval '15 seconds',
         case when $7::text in ('succeeded', 'failed') then billing_now() end)
       on conflict do nothing returning ${COLUMNS}`,
      [
        refund.id,
        refund.organizationId,
        refund.attemptId,
        refund.currency,
        refund.amountMinor,
        refund.amountNano,
        refund.status,
        refund.reason,
        refund.providerRef,
        refund.idempotencyKey,
        refund.createdBy,
      ],
    );
    return rows[0] ? toRefund(rows[0]) : null;
  }

  /** What was given back of a payment, or is on its way. */
  async sumOf(client: PoolClient, attemptId: string): Promise<bigint> {
    const { rows } = await client.query<{ sum: string }>(
      `select coalesce(sum(amount_minor), 0) as sum from payment_refund where attempt_id = $1 and status <> 'failed'`,
      [attemptId],
    );
    return BigInt(rows[0]?.sum ?? 0);
  }

  async findByKey(client: PoolClient, idempotencyKey: string): Promise<Refund | null> {
    const { rows } = await client.query<Row>(
      `select ${COLUMNS} from payment_refund where idempotency_key = $1`,
      [idempotencyKey],
    );
    return rows[0] ? toRefund(rows[0]) : null;
  }

  async find(id: string): Promise<Refund | null> {
    const rows = await this.database.query<Row>(`select ${COLUMNS} from payment_refund where id = $1`, [id]);
    return rows[0] ? toRefund(rows[0]) : null;
  }

  async findByRef(ref: string): Promise<Refund | null> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from payment_refund where provider_ref = $1`,
      [ref],
    );
    return rows[0] ? toRefund(rows[0]) : null;
  }

  /** Refunds of a payment, newest first. */
  async listOf(attemptId: string): Promise<Refund[]> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from payment_refund where attempt_id = $1 order by id desc`,
      [attemptId],
    );
    return rows.map(toRefund);
  }

  async lock(client: PoolClient, id: string): Promise<Refund> {
    const { rows } = await client.query<Row>(
      `select ${COLUMNS} from payment_refund where id = $1 for update`,
      [id],
    );
    const [row] = rows;
    if (!row) throw new Error(`refund ${id} vanished`);
    return toRefund(row);
  }

  /** Moves a locked refund. `nextPollMs`: when to ask again; null: never. */
  async change(
    client: PoolClient,
    id: string,
    change: {
      status: RefundStatus;
      providerRef: string | null;
      message: string | null;
      nextPollMs: number | null;
    },
  ): Promise<Refund> {
    const { rows } = await client.query<Row>(
      `update payment_refund set status = $2::text, provider_ref = coalesce(provider_ref, $3), failure_message = coalesce($4, failure_message),
         closed_at = case when $2::text in ('succeeded', 'failed') then billing_now() end,
         next_poll_at = billing_now() + make_interval(secs => $5::double precision / 1000)
       where id = $1 returning ${COLUMNS}`,
      [id, change.status, change.providerRef, change.message, change.nextPollMs],
    );
    const [row] = rows;
    if (!row) throw new Error(`refund ${id} vanished`);
    return toRefund(row);
  }

  /** Refunds to ask after; each is put off for five minutes by being taken. */
  async takeDue(limit: number): Promise<Refund[]> {
    const rows = await this.database.query<Row>(
      `update payment_refund set next_poll_at = billing_now() + interval '5 minutes'
       where id = any (array(select id from payment_refund where status in ('created', 'unknown', 'submitted')
         and next_poll_at <= billing_now() order by next_poll_at limit $1 for update skip locked)) returning ${COLUMNS}`,
      [limit],
    );
    return rows.map(toRefund);
  }
}

const toRefund = (row: Row): Refund => ({
  id: row.id,
  organizationId: row.organization_id,
  attemptId: row.attempt_id,
  currency: row.currency,
  amountMinor: BigInt(row.amount_minor),
  amountNano: BigInt(row.amount_nano),
  status: row.status,
  reason: row.reason,
  providerRef: row.provider_ref,
  failureMessage: row.failure_message,
  createdAt: row.created_at,
  closedAt: row.closed_at,
});
