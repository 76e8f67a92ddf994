import { Module } from '@nestjs/common';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { OutboxDispatcher } from '../outbox/outbox-dispatcher.service.js';
import { OutboxRepository } from '../outbox/outbox.repository.js';
import { AlertsRepository } from './alerts.repository.js';
import { AlertsService } from './alerts.service.js';
import { EndpointSecrets } from './endpoint-secrets.service.js';
import { EventNotifier } from './event-notifier.service.js';
import { MailClient } from './mail.client.js';
import { OperatorAlerts } from './operator-alerts.service.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { WebhookDeliveries } from './webhook-deliveries.service.js';
import { WebhookEndpointsRepository } from './webhook-endpoints.repository.js';
import { WebhookEndpoints } from './webhook-endpoints.service.js';
import { WebhookSender } from './webhook-sender.client.js';

const SERVICES = [
  AuditLogRepository,
  OutboxRepository,
  OutboxDispatcher,
  AlertsRepository,
  AlertsService,
  EndpointSecrets,
  MailClient,
  WebhookEndpointsRepository,
  WebhookEndpoints,
  WebhookDeliveriesRepository,
  WebhookDeliveries,
  WebhookSender,
  EventNotifier,
  OperatorAlerts,
];

/** Telling customers what happens to their money. */
@Module({ providers: SERVICES, exports: SERVICES })
export class NotificationsModule {}
