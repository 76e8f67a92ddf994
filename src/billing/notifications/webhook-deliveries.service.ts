import { Injectable, Logger } from '@nestjs/common';
import { nowMs } from '../../core/clock.js';
import type { TakenEntry } from '../outbox/outbox.repository.js';
import { EndpointSecrets } from './endpoint-secrets.service.js';
import { messageId } from './notification.js';
import { retryDelayMs, signatureHeaders, wants } from './standard-webhook.js';
import { WebhookDeliveriesRepository, type TakenDelivery } from './webhook-deliveries.repository.js';
import { WebhookEndpointsRepository } from './webhook-endpoints.repository.js';
import { WebhookSender } from './webhook-sender.client.js';

const BATCH = 20;
/** The receiver says that it is gone for good. */
const GONE = 410;

/** Sends events to the endpoints that asked for them, each at least once, for about three days. */
@Injectable()
export class WebhookDeliveries {
  private readonly logger = new Logger(WebhookDeliveries.name);

  constructor(
    private readonly endpoints: WebhookEndpointsRepository,
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly secrets: EndpointSecrets,
    private readonly sender: WebhookSender,
  ) {}

  /** Plans the deliveries of an event; the body is fixed here, so that every try signs the same. */
  async plan(entry: TakenEntry): Promise<void> {
    const { type, data } = entry.payload;
    if (entry.organizationId === null || typeof type !== 'string') return;
    const body = JSON.stringify({ type, timestamp: entry.createdAt.toISOString(), data });
    for (const endpoint of await this.endpoints.list(entry.organizationId)) {
      const isAsked = entry.payload['endpoint'] === undefined || entry.payload['endpoint'] === endpoint.id;
      if (endpoint.status !== 'active' || !isAsked || !wants([...endpoint.events, 'webhook.test'], type))
        continue;
      await this.deliveries.add(endpoint.id, entry.id, type, body);
    }
  }

  /** Delivers everything that is due. Returns how many tries were made. */
  async deliverDue(): Promise<number> {
    let total = 0;
    for (;;) {
      const taken = await this.deliveries.take(BATCH);
      await Promise.all(taken.map((delivery) => this.deliver(delivery)));
      total += taken.length;
      if (taken.length < BATCH) return total;
    }
  }

  private async deliver(delivery: TakenDelivery): Promise<void> {
    const { url, body, attempts } = delivery;
    const message = { id: messageId(delivery.outboxId), timestamp: Math.floor(nowMs() / 1_000), body };
    const headers = signatureHeaders(message, await this.secrets.list(delivery.endpointId));
    const result = await this.sender.send(url, headers, body);
    const retryMs = result.error === null || result.status === GONE ? null : retryDelayMs(attempts);
    await this.deliveries.finish(delivery.id, result, retryMs);
    if (result.error !== null) this.logger.warn(`delivery ${delivery.id}, try ${attempts}: ${result.error}`);
    if (result.status === GONE) await this.endpoints.disable(delivery.endpointId);
  }
}
