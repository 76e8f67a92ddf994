import { publicId } from '../../core/ids.js';

/** Events that are also sent to the people who asked for alerts. */
export const MAILED: ReadonlySet<string> = new Set([
  'payment.failed',
  'payment.requires_action',
  'dispute.opened',
  'balance.below_threshold',
  'budget.threshold_reached',
  'invoice.past_due',
]);

/** Where events are sent. */
export interface WebhookEndpoint {
  /** UUID. */
  id: string;
  organizationId: string;
  url: string;
  description: string;
  events: string[];
  status: 'active' | 'disabled';
  /** Until when the secret before the last rotation signs too; null: it does not. */
  previousSecretUntil: Date | null;
  createdAt: Date;
}

/** An event on its way to an endpoint. */
export interface WebhookDelivery {
  id: string;
  endpointId: string;
  /** UUID of the event; the message's id is made of it. */
  outboxId: string;
  eventType: string;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  nextAt: Date;
  lastStatus: number | null;
  lastError: string | null;
  createdAt: Date;
  closedAt: Date | null;
}

/** What receivers know an event by, in every try. */
export const messageId = (outboxId: string): string => `msg_${outboxId.replaceAll('-', '')}`;

/** An endpoint as the API shows it; its secret never. */
export const endpointView = (endpoint: WebhookEndpoint) => ({
  object: 'webhook_endpoint' as const,
  id: publicId('webhookEndpoint', endpoint.id),
  organization: publicId('organization', endpoint.organizationId),
  url: endpoint.url,
  description: endpoint.description,
  events: endpoint.events,
  status: endpoint.status,
  previous_secret_until: endpoint.previousSecretUntil?.toISOString() ?? null,
  created_at: endpoint.createdAt.toISOString(),
});

/** A delivery as the API shows it. */
export const deliveryView = (delivery: WebhookDelivery) => ({
  object: 'webhook_delivery' as const,
  id: publicId('webhookDelivery', delivery.id),
  webhook_endpoint: publicId('webhookEndpoint', delivery.endpointId),
  message: messageId(delivery.outboxId),
  type: delivery.eventType,
  status: delivery.status,
  attempts: delivery.attempts,
  next_attempt_at: delivery.status === 'pending' ? delivery.nextAt.toISOString() : null,
  last_status: delivery.lastStatus,
  last_error: delivery.lastError,
  created_at: delivery.createdAt.toISOString(),
  closed_at: delivery.closedAt?.toISOString() ?? null,
});
