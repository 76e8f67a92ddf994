import { Module } from '@nestjs/common';
import { PaymentsController } from './payments.controller.js';
import { PayoutsController } from './payouts/payouts.controller.js';
import { RefundsController } from './refunds.controller.js';
import { WalletBlocksController } from './wallet-blocks.controller.js';
import { WebhookController } from './webhook.controller.js';
import { PaymentsModule } from './payments.module.js';

/** The doors of payments. */
@Module({
  imports: [PaymentsModule],
  controllers: [
    PaymentsController,
    RefundsController,
    WalletBlocksController,
    PayoutsController,
    WebhookController,
  ],
})
export class PaymentsApiModule {}
