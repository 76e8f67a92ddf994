import { Injectable, type OnModuleInit } from '@nestjs/common';
import { asObject } from '../../core/json.js';
import { OutboxDispatcher } from '../outbox/outbox-dispatcher.service.js';
import type { TakenEntry } from '../outbox/outbox.repository.js';
import { mailOf } from './alert.js';
import { AlertsService } from './alerts.service.js';
import { MailClient } from './mail.client.js';
import { MAILED, messageId } from './notification.js';
import { WebhookDeliveries } from './webhook-deliveries.service.js';

/** Tells of events: to endpoints, and by e-mail where somebody should act. */
@Injectable()
export class EventNotifier implements OnModuleInit {
  constructor(
    private readonly outbox: OutboxDispatcher,
    private readonly deliveries: WebhookDeliveries,
    private readonly alerts: AlertsService,
    private readonly mail: MailClient,
  ) {}

  onModuleInit(): void {
    this.outbox.register('event', (entry) => this.handle(entry));
  }

  /** Everything that waits to be told; webhooks that are due first, since e-mail may let everything behind it wait. */
  async run(): Promise<void> {
    await this.deliveries.deliverDue();
    await this.alerts.run();
    await this.outbox.run();
    await this.deliveries.deliverDue();
  }

  private async handle(entry: TakenEntry): Promise<void> {
    await this.deliveries.plan(entry);
    const { type } = entry.payload;
    if (entry.organizationId === null || typeof type !== 'string' || !MAILED.has(type)) return;
    const { emails } = await this.alerts.get(entry.organizationId);
    if (emails.length === 0) return;
    const text = mailOf(type, asObject(entry.payload['data']) ?? {});
    await this.mail.send({ id: messageId(entry.id), to: emails, ...text });
  }
}
