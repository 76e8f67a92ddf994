import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { LedgerService } from '../ledger/ledger.service.js';
import { creditSold } from '../ledger/posting.js';
import { ClawBacks } from '../payments/claw-backs.service.js';
import type { PaymentAttempt } from '../payments/payment-attempt.js';
import { PaymentPurposes, type PurposeHandler } from '../payments/payment-purposes.service.js';
import { backOffMs } from './auto-top-up.js';
import { shareMoney } from './sale.js';
import { TopUpWallets } from './top-up-wallets.service.js';
import { TopUpsRepository } from './top-ups.repository.js';

/** What the outcome of a payment means to a top-up: credit, once, and only when the money is there. */
@Injectable()
export class TopUpCredit implements PurposeHandler, OnModuleInit {
  constructor(
    private readonly purposes: PaymentPurposes,
    private readonly topUps: TopUpsRepository,
    private readonly wallets: TopUpWallets,
    private readonly clawBacks: ClawBacks,
    private readonly journal: LedgerService,
  ) {}

  onModuleInit(): void {
    this.purposes.register('top_up', this);
  }

  /** An old debt is paid first; the rest is a lot of paid credit, with its receipt where it was taxed. */
  async paid(client: PoolClient, attempt: PaymentAttempt): Promise<void> {
    const topUp = await this.topUps.move(client, attempt.purposeId, 'succeeded');
    if (!topUp) throw new Error(`top-up ${attempt.purposeId} was paid after it had ended`);
    await this.wallets.lock(client, topUp.walletId);
    const { amountNano, taxNano } = topUp;
    const debtNano = await this.clawBacks.recover(client, topUp.walletId, amountNano + taxNano);
    const sold = shareMoney({ ...topUp, netNano: amountNano }, debtNano);
    const grantId = sold.creditNano > 0n ? await this.wallets.addLot(client, topUp, sold.creditNano) : null;
    await this.journal.record(client, [
      {
        idempotencyKey: `top_up:${topUp.id}`,
        kind: 'top_up',
        organizationId: topUp.organizationId,
        walletId: topUp.walletId,
        currency: topUp.currency,
        description: `top-up paid by ${attempt.providerRef}`,
        postings: creditSold(sold),
      },
    ]);
    if (topUp.trigger === 'auto') await this.topUps.noteTry(client, topUp.walletId, 0, null);
    if (grantId === null) return;
    const lot = { grantId, amountNano: sold.creditNano, attemptId: attempt.id };
    await this.wallets.document(client, topUp, lot);
  }

  async notPaid(client: PoolClient, attempt: PaymentAttempt): Promise<void> {
    const status = attempt.status === 'canceled' ? 'canceled' : 'failed';
    const topUp = await this.topUps.move(client, attempt.purposeId, status);
    if (topUp?.trigger !== 'auto') return;
    const rule = await this.topUps.findRule(topUp.organizationId, client);
    const failures = (rule?.failures ?? 0) + 1;
    await this.topUps.noteTry(client, topUp.walletId, failures, backOffMs(failures));
  }

  async unknown(client: PoolClient, attempt: PaymentAttempt): Promise<void> {
    await this.topUps.move(client, attempt.purposeId, 'unknown');
  }
}
