import { Injectable } from '@nestjs/common';
import { uuidv7 } from '../../core/ids.js';
import { Database } from '../../platform/database/database.service.js';
import type { WebhookDelivery } from './notification.js';

interface Row {
  id: string;
  endpoint_id: string;
  outbox_id: string;
  event_type: string;
  status: WebhookDelivery['status'];
  attempts: number;
  next_at: Date;
  last_status: number | null;
  last_error: string | null;
  created_at: Date;
  closed_at: Date | null;
}

/** A delivery somebody has taken, with what is to be sent where. */
export interface TakenDelivery {
  id: string;
  endpointId: string;
  outboxId: string;
  url: string;
  body: string;
  /** This try included. */
  attempts: number;
}

/** What came of a try. */
export interface DeliveryResult {
  /** Null: no answer came. */
  status: number | null;
  error: string | null;
}

const COLUMNS = `d.id, d.endpoint_id, d.outbox_id, d.event_type, d.status, d.attempts, d.next_at, d.last_status, d.last_error,
  d.created_at, d.closed_at`;

/** Events on their way to endpoints. */
@Injectable()
export class WebhookDeliveriesRepository {
  constructor(private readonly database: Database) {}

  /** Plans a delivery; the same event is delivered to an endpoint once. */
  async add(endpointId: string, outboxId: string, eventType: string, body: string): Promise<void> {
    await this.database.query(
      `insert into webhook_delivery (id, endpoint_id, outbox_id, event_type, body) values ($1, $2, $3, $4, $5)
       on conflict (endpoint_id, outbox_id) do nothing`,
      [uuidv7(), endpointId, outboxId, eventType, body],
    );
  }

  /** Takes due deliveries to active endpoints for a minute. */
  async take(limit: number): Promise<TakenDelivery[]> {
    const rows = await this.database.query<{
      id: string;
      endpoint_id: string;
      outbox_id: string;
      url: string;
      body: string;
      attempts: number;
    }>(
      `update webhook_delivery d set next_at = billing_now() + interval '1 minute', attempts = d.attempts + 1
       from webhook_endpoint e
       where e.id = d.endpoint_id and d.id = any (array(
         select q.id from webhook_delivery q join webhook_endpoint p on p.id = q.endpoint_id and p.status = 'active'
         where q.status = 'pending' and q.next_at <= billing_now() order by q.next_at, q.id limit $1 for update of q skip locked))
       returning d.id, d.endpoint_id, d.outbox_id, e.url, d.body, d.attempts`,
      [limit],
    );
    return rows.map((row) => ({
      id: row.id,
      endpointId: row.endpoint_id,
      outboxId: row.outbox_id,
      url: row.url,
      body: row.body,
      attempts: row.attempts,
    }));
  }

  /** `retryMs`: when to try again; null: it is over, delivered or given up. */
  async finish(id: string, result: DeliveryResult, retryMs: number | null): Promise<void> {
    await this.database.query(
      `update webhook_delivery set last_status = $2, last_error = $3,
         status = case when $4::double precision is not null then 'pending' when $3::text is null then 'delivered' else 'failed' end,
         closed_at = case when $4::double precision is null then billing_now() end,
         next_at = billing_now() + make_interval(secs => coalesce($4::double precision, 0) / 1000)
       where id = $1`,
      [id, result.status, result.error, retryMs],
    );
  }

  /** Newest first, older than `beforeId`. */
  async list(endpointId: string, limit: number, beforeId?: string): Promise<WebhookDelivery[]> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from webhook_delivery d where d.endpoint_id = $1 and ($2::uuid is null or d.id < $2)
       order by d.id desc limit $3`,
      [endpointId, beforeId ?? null, limit],
    );
    return rows.map(toDelivery);
  }
}

const toDelivery = (row: Row): WebhookDelivery => ({
  id: row.id,
  endpointId: row.endpoint_id,
  outboxId: row.outbox_id,
  eventType: row.event_type,
  status: row.status,
  attempts: row.attempts,
  nextAt: row.next_at,
  lastStatus: row.last_status,
  lastError: row.last_error,
  createdAt: row.created_at,
  closedAt: row.closed_at,
});
