import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { minorToNano } from '../../core/currency.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { paymentFee } from '../ledger/posting.js';
import { OutboxRepository } from '../outbox/outbox.repository.js';
import { paymentView, type PaymentAttempt } from './payment-attempt.js';

/** The ledger and the outbox: what an outcome leaves behind. */
@Injectable()
export class PaymentTraces {
  constructor(
    private readonly journal: LedgerService,
    private readonly outbox: OutboxRepository,
  ) {}

  /** Books what the provider keeps of a payment. */
  async recordFee(client: PoolClient, attempt: PaymentAttempt): Promise<void> {
    if (!attempt.feeMinor) return;
    await this.journal.record(client, [
      {
        idempotencyKey: `payment_fee:${attempt.id}`,
        kind: 'payment_fee',
        organizationId: attempt.organizationId,
        walletId: null,
        currency: attempt.currency,
        description: `fee of payment ${attempt.providerRef}`,
        postings: paymentFee(minorToNano(attempt.feeMinor, attempt.currency)),
      },
    ]);
  }

  /** Tells subscribers of the new state. */
  async announce(client: PoolClient, attempt: PaymentAttempt): Promise<void> {
    await this.outbox.add(client, {
      topic: 'event',
      dedupeKey: `payment:${attempt.id}:${attempt.status}`,
      organizationId: attempt.organizationId,
      payload: { type: `payment.${attempt.status}`, data: paymentView(attempt) },
    });
  }
}
