import { Module } from '@nestjs/common';
import { StripeClient } from '../../accounts/payment-methods/stripe.client.js';
import { DisputeBooks } from './dispute-books.service.js';
import { DisputesRepository } from './disputes.repository.js';
import { DisputesService } from './disputes.service.js';
import { BalanceBooks } from './payouts/balance-books.service.js';
import { BalanceImport } from './payouts/balance-import.service.js';
import { BalanceRepository } from './payouts/balance.repository.js';
import { PayoutsService } from './payouts/payouts.service.js';
import { RefundBooks } from './refund-books.service.js';
import { RefundsRepository } from './refunds.repository.js';
import { RefundsService } from './refunds.service.js';
import { StripeChargesGateway } from './stripe-charges.gateway.js';
import { StripeEventBackfill } from './stripe-event-backfill.service.js';
import { StripeEventHandlers } from './stripe-event-handlers.service.js';
import { WalletBlocking } from './wallet-blocks.service.js';
import { WalletReleases } from './wallet-release.service.js';
import { WebhookInboxRepository } from './webhook-inbox.repository.js';
import { WebhookInbox } from './webhook-inbox.service.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { CreditsRepository } from '../credits/credits.repository.js';
import { LedgerRepository } from '../ledger/ledger.repository.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { OutboxRepository } from '../outbox/outbox.repository.js';
import { ActionBox } from './action-box.service.js';
import { ChargingService } from './charging.service.js';
import { ClawBacksRepository } from './claw-backs.repository.js';
import { ClawBacks } from './claw-backs.service.js';
import { InvoiceChargesGateway } from './invoice-charges.gateway.js';
import { MethodSync } from './method-sync.service.js';
import { StripeCatchUp } from './stripe-catch-up.service.js';
import { MethodHealthRepository } from './method-health.repository.js';
import { OutcomeContext } from './outcome-context.service.js';
import { PaymentAttemptsRepository } from './payment-attempts.repository.js';
import { PAYMENT_GATEWAYS } from './payment-gateway.js';
import { PaymentOutcomes } from './payment-outcomes.service.js';
import { PaymentPurposes } from './payment-purposes.service.js';
import { PaymentSweep } from './payment-sweep.service.js';
import { PaymentTraces } from './payment-traces.service.js';
import { PaymentsByHand } from './payments-by-hand.service.js';
import { PaymentsService } from './payments.service.js';
import { SaleDocuments } from './sale-documents.service.js';
import { SandboxChargesGateway } from './sandbox-charges.gateway.js';

const SERVICES = [
  BalanceBooks,
  BalanceImport,
  MethodSync,
  StripeCatchUp,
  BalanceRepository,
  PayoutsService,
  LedgerRepository,
  LedgerService,
  CreditsRepository,
  OutboxRepository,
  ActionBox,
  PaymentAttemptsRepository,
  MethodHealthRepository,
  PaymentPurposes,
  OutcomeContext,
  PaymentTraces,
  PaymentOutcomes,
  PaymentsService,
  PaymentsByHand,
  AuditLogRepository,
  ChargingService,
  ClawBacksRepository,
  ClawBacks,
  SaleDocuments,
  PaymentSweep,
  StripeClient,
  DisputeBooks,
  DisputesRepository,
  DisputesService,
  RefundBooks,
  RefundsRepository,
  RefundsService,
  StripeChargesGateway,
  StripeEventBackfill,
  StripeEventHandlers,
  WalletBlocking,
  WalletReleases,
  WebhookInboxRepository,
  WebhookInbox,
];

/** Collecting money: one of each per process, because those who collect register themselves here. */
@Module({
  providers: [
    ...SERVICES,
    {
      provide: PAYMENT_GATEWAYS,
      inject: [StripeClient, StripeChargesGateway],
      useFactory: (client: StripeClient, stripe: StripeChargesGateway) => [
        new SandboxChargesGateway(),
        new InvoiceChargesGateway(),
        ...(client.sdk ? [stripe] : []),
      ],
    },
  ],
  exports: SERVICES,
})
export class PaymentsModule {}
