import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../platform/database/database.service.js';
import type { WebhookEndpoint } from './notification.js';

interface Row {
  id: string;
  organization_id: string;
  url: string;
  description: string;
  events: string[];
  status: WebhookEndpoint['status'];
  previous_secret_until: Date | null;
  created_at: Date;
}

/** The sealed secrets an endpoint is signed for now. */
export interface SealedSecrets {
  current: Buffer;
  /** Null: there is none, or its time is over. */
  previous: Buffer | null;
}

/** What can be changed of an endpoint. */
export type EndpointChange = Partial<Pick<WebhookEndpoint, 'url' | 'description' | 'events' | 'status'>>;

const COLUMNS = 'id, organization_id, url, description, events, status, previous_secret_until, created_at';

/** The table of webhook endpoints. */
@Injectable()
export class WebhookEndpointsRepository {
  constructor(private readonly database: Database) {}

  async insert(
    client: PoolClient,
    endpoint: Pick<WebhookEndpoint, 'id' | 'organizationId' | 'url' | 'description' | 'events'>,
    secret: Buffer,
  ): Promise<WebhookEndpoint> {
    const { rows } = await client.query<Row>(
      `insert into webhook_endpoint (id, organization_id, url, description, events, secret_ciphertext)
       values ($1, $2, $3, $4, $5, $6) returning ${COLUMNS}`,
      [endpoint.id, endpoint.organizationId, endpoint.url, endpoint.description, endpoint.events, secret],
    );
    return one(rows);
  }

  async count(client: PoolClient, organizationId: string): Promise<number> {
    const { rows } = await client.query<{ n: number }>(
      `select count(*)::int as n from webhook_endpoint where organization_id = $1 and status = 'active'`,
      [organizationId],
    );
    return rows[0]?.n ?? 0;
  }

  /** Fields that are absent stay. Null when there is no such endpoint. */
  async update(
    client: PoolClient,
    organizationId: string,
    id: string,
    change: EndpointChange,
  ): Promise<WebhookEndpoint | null> {
    const { rows } = await client.query<Row>(
      `update webhook_endpoint set url = coalesce($3, url), description = coalesce($4, description),
         events = coalesce($5, events), status = coalesce($6, status), updated_at = billing_now()
       where organization_id = $1 and id = $2 returning ${COLUMNS}`,
      [
        organizationId,
        id,
        change.url ?? null,
        change.description ?? null,
        change.events ?? null,
        change.status ?? null,
      ],
    );
    return rows[0] ? toEndpoint(rows[0]) : null;
  }

  /** Sets a new secret; the one before signs too for so many seconds. */
  async rotate(
    client: PoolClient,
    organizationId: string,
    id: string,
    secret: Buffer,
    overlapSeconds: number,
  ): Promise<WebhookEndpoint | null> {
    const { rows } = await client.query<Row>(
      `update webhook_endpoint set previous_secret_ciphertext = secret_ciphertext, secret_ciphertext = $3,
         previous_secret_until = billing_now() + make_interval(secs => $4), updated_at = billing_now()
       where organization_id = $1 and id = $2 returning ${COLUMNS}`,
      [organizationId, id, secret, overlapSeconds],
    );
    return rows[0] ? toEndpoint(rows[0]) : null;
  }

  async find(organizationId: string, id: string): Promise<WebhookEndpoint | null> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from webhook_endpoint where organization_id = $1 and id = $2`,
      [organizationId, id],
    );
    return rows[0] ? toEndpoint(rows[0]) : null;
  }

  /** Newest first. */
  async list(organizationId: string): Promise<WebhookEndpoint[]> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from webhook_endpoint where organization_id = $1 order by id desc`,
      [organizationId],
    );
    return rows.map(toEndpoint);
  }

  /** Sends one of its deliveries again from the start; false when there is no such one. */
  async retryDelivery(client: PoolClient, endpointId: string, deliveryId: string): Promise<boolean> {
    const { rows } = await client.query(
      `update webhook_delivery set status = 'pending', attempts = 0, next_at = billing_now(), closed_at = null
       where endpoint_id = $1 and id = $2 returning 1`,
      [endpointId, deliveryId],
    );
    return rows.length > 0;
  }

  async findSecrets(id: string): Promise<SealedSecrets | null> {
    const [row] = await this.database.query<{ current: Buffer; previous: Buffer | null }>(
      `select secret_ciphertext as current,
         case when previous_secret_until > billing_now() then previous_secret_ciphertext end as previous
       from webhook_endpoint where id = $1`,
      [id],
    );
    return row ?? null;
  }

  /** The receiver is gone for good. */
  async disable(id: string): Promise<void> {
    await this.database.query(
      `update webhook_endpoint set status = 'disabled', updated_at = billing_now() where id = $1`,
      [id],
    );
  }
}

function one(rows: Row[]): WebhookEndpoint {
  const [row] = rows;
  if (!row) throw new Error('a webhook endpoint vanished');
  return toEndpoint(row);
}

const toEndpoint = (row: Row): WebhookEndpoint => ({
  id: row.id,
  organizationId: row.organization_id,
  url: row.url,
  description: row.description,
  events: row.events,
  status: row.status,
  previousSecretUntil: row.previous_secret_until,
  createdAt: row.created_at,
});
