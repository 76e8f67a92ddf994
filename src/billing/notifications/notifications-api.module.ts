import { Module } from '@nestjs/common';
import { AlertsController } from './alerts.controller.js';
import { NotificationsModule } from './notifications.module.js';
import { WebhookEndpointsController } from './webhook-endpoints.controller.js';

/** The doors of notifications. */
@Module({ imports: [NotificationsModule], controllers: [AlertsController, WebhookEndpointsController] })
export class NotificationsApiModule {}
