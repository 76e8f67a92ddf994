import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { publicId, uuidv7 } from '../../core/ids.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { assertExists } from '../../platform/http/assert-exists.js';
import { Database } from '../../platform/database/database.service.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { OutboxRepository } from '../outbox/outbox.repository.js';
import { EndpointSecrets } from './endpoint-secrets.service.js';
import { endpointView, type WebhookEndpoint } from './notification.js';
import { WebhookEndpointsRepository, type EndpointChange } from './webhook-endpoints.repository.js';

const MAX_ACTIVE = 20;

/** An endpoint with its secret, which is shown this once. */
export interface EndpointWithSecret {
  endpoint: WebhookEndpoint;
  secret: string;
}

/** Webhook endpoints of organizations. */
@Injectable()
export class WebhookEndpoints {
  constructor(
    private readonly database: Database,
    private readonly endpoints: WebhookEndpointsRepository,
    private readonly secrets: EndpointSecrets,
    private readonly outbox: OutboxRepository,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /** Throws not_found (organization), and conflict beyond twenty active endpoints. */
  async create(
    actor: AdminActor,
    organizationId: string,
    wanted: Pick<WebhookEndpoint, 'url' | 'description' | 'events'>,
  ): Promise<EndpointWithSecret> {
    const id = uuidv7();
    const { secret, sealed } = this.secrets.make(id);
    return this.database.transaction(async (client) => {
      const { rows } = await client.query('select 1 from organization where id = $1 for no key update', [
        organizationId,
      ]);
      if (rows.length === 0) throw notFound('organization', publicId('organization', organizationId));
      if ((await this.endpoints.count(client, organizationId)) >= MAX_ACTIVE) {
        throw new FaregateError('conflict', `An organization has at most ${MAX_ACTIVE} active endpoints.`, {
          code: 'too_many_endpoints',
        });
      }
      const endpoint = await this.endpoints.insert(client, { ...wanted, id, organizationId }, sealed);
      await this.record(client, actor, 'webhook_endpoint.create', null, endpoint);
      return { endpoint, secret };
    });
  }

  /** Throws not_found. */
  async update(
    actor: AdminActor,
    organizationId: string,
    id: string,
    change: EndpointChange,
  ): Promise<WebhookEndpoint> {
    const before = await this.get(organizationId, id);
    return this.database.transaction(async (client) => {
      const after = await this.endpoints.update(client, organizationId, id, change);
      if (!after) throw notFound('webhookEndpoint', publicId('webhookEndpoint', id));
      await this.record(client, actor, 'webhook_endpoint.update', before, after);
      return after;
    });
  }

  /** A new secret; for `overlapSeconds` messages carry a signature of the old one too. Throws not_found. */
  async rotate(
    actor: AdminActor,
    organizationId: string,
    id: string,
    overlapSeconds: number,
  ): Promise<EndpointWithSecret> {
    const before = await this.get(organizationId, id);
    const { secret, sealed } = this.secrets.make(id);
    return this.database.transaction(async (client) => {
      const endpoint = await this.endpoints.rotate(client, organizationId, id, sealed, overlapSeconds);
      if (!endpoint) throw notFound('webhookEndpoint', publicId('webhookEndpoint', id));
      await this.record(client, actor, 'webhook_endpoint.rotate', before, endpoint);
      return { endpoint, secret };
    });
  }

  /** Sends a test event to this endpoint alone. Throws not_found, and invalid_request for one that is disabled. */
  async test(actor: AdminActor, organizationId: string, id: string): Promise<void> {
    const endpoint = await this.get(organizationId, id);
    if (endpoint.status !== 'active') throw invalidRequest('This endpoint is disabled.');
    await this.database.transaction(async (client) => {
      await this.outbox.add(client, {
        topic: 'event',
        dedupeKey: `test:${uuidv7()}`,
        organizationId,
        payload: {
          type: 'webhook.test',
          endpoint: id,
          data: { webhook_endpoint: publicId('webhookEndpoint', id) },
        },
      });
      await this.record(client, actor, 'webhook_endpoint.test', endpoint, endpoint);
    });
  }

  /** Sends an event to an endpoint again. Throws not_found. */
  async retry(
    actor: AdminActor,
    { organizationId, id, delivery }: { organizationId: string; id: string; delivery: string },
  ): Promise<void> {
    await this.get(organizationId, id);
    const targetId = publicId('webhookDelivery', delivery);
    await this.database.transaction(async (client) => {
      if (!(await this.endpoints.retryDelivery(client, id, delivery)))
        throw notFound('webhookDelivery', targetId);
      const target = { targetKind: 'webhook_delivery', targetId, organizationId };
      await this.auditLog.append(client, { actor, action: 'webhook_delivery.retry', ...target });
    });
  }

  /** Throws not_found. */
  async get(organizationId: string, id: string): Promise<WebhookEndpoint> {
    const endpoint = await this.endpoints.find(organizationId, id);
    if (!endpoint) throw notFound('webhookEndpoint', publicId('webhookEndpoint', id));
    return endpoint;
  }

  /** Newest first. Throws not_found. */
  async list(organizationId: string): Promise<WebhookEndpoint[]> {
    const endpoints = await this.endpoints.list(organizationId);
    if (endpoints.length === 0) await assertExists(this.database, 'organization', organizationId);
    return endpoints;
  }

  private async record(
    client: PoolClient,
    actor: AdminActor,
    action: string,
    before: WebhookEndpoint | null,
    after: WebhookEndpoint,
  ): Promise<void> {
    await this.auditLog.append(client, {
      actor,
      action,
      targetKind: 'webhook_endpoint',
      targetId: publicId('webhookEndpoint', after.id),
      organizationId: after.organizationId,
      before: before && endpointView(before),
      after: endpointView(after),
    });
  }
}
