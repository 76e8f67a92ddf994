import { Injectable, type OnModuleInit } from '@nestjs/common';
import { nowMs } from '../../core/clock.js';
import { asObject, asString } from '../../core/json.js';
import { AppConfig } from '../../platform/config/app-config.js';
import { OutboxDispatcher } from '../outbox/outbox-dispatcher.service.js';
import type { TakenEntry } from '../outbox/outbox.repository.js';
import { MailClient } from './mail.client.js';
import { messageId } from './notification.js';
import { OPERATOR_ALERT, operatorMail } from './operator-alert.js';
import { signatureHeaders } from './standard-webhook.js';
import { WebhookSender } from './webhook-sender.client.js';

/** Tells the operator: by e-mail and by a signed webhook, as far as they are configured. */
@Injectable()
export class OperatorAlerts implements OnModuleInit {
  constructor(
    private readonly config: AppConfig,
    private readonly outbox: OutboxDispatcher,
    private readonly mail: MailClient,
    private readonly sender: WebhookSender,
  ) {}

  onModuleInit(): void {
    this.outbox.register(OPERATOR_ALERT, (entry) => this.handle(entry));
  }

  /** Throws when a receiver does not take it; the whole alert, with the same id, is then sent again later. */
  private async handle({ id, payload, createdAt }: TakenEntry): Promise<void> {
    const { emails, webhook } = this.config.operator;
    const type = asString(payload['type']) ?? 'alert';
    const data = asObject(payload['data']) ?? {};
    if (webhook) {
      const body = JSON.stringify({ type, timestamp: createdAt.toISOString(), data });
      const message = { id: messageId(id), timestamp: Math.floor(nowMs() / 1_000), body };
      const { error } = await this.sender.send(
        webhook.url,
        signatureHeaders(message, [webhook.secret]),
        body,
      );
      if (error !== null) throw new Error(`the operator's webhook: ${error}`);
    }
    if (emails.length > 0)
      await this.mail.send({ id: messageId(id), to: emails, ...operatorMail(type, data) });
  }
}
