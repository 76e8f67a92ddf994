import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { CreditsRepository } from '../credits/credits.repository.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { paidCreditAfterDebt } from '../ledger/posting.js';
import { ClawBacks } from '../payments/claw-backs.service.js';
import type { PaymentAttempt } from '../payments/payment-attempt.js';
import { PaymentPurposes, type PurposeHandler } from '../payments/payment-purposes.service.js';
import { backOffMs } from './auto-top-up.js';
import type { TopUp } from './top-up.js';
import { TopUpsRepository } from './top-ups.repository.js';

/** What the outcome of a payment means to a top-up: credit, once, and only when the money is there. */
@Injectable()
export class TopUpCredit implements PurposeHandler, OnModuleInit {
  constructor(
    private readonly purposes: PaymentPurposes,
    private readonly topUps: TopUpsRepository,
    private readonly credits: CreditsRepository,
    private readonly clawBacks: ClawBacks,
    private readonly journal: LedgerService,
  ) {}

  onModuleInit(): void {
    this.purposes.register('top_up', this);
  }

  /** An old debt is paid first; the rest is a lot of paid credit. */
  async paid(client: PoolClient, attempt: PaymentAttempt): Promise<void> {
    const topUp = await this.topUps.move(client, attempt.purposeId, 'succeeded');
    if (!topUp) throw new Error(`top-up ${attempt.purposeId} was paid after it had ended`);
    await this.credits.lockWallet(client, topUp.walletId);
    const debtNano = await this.clawBacks.recover(client, topUp.walletId, topUp.amountNano);
    const creditNano = topUp.amountNano - debtNano;
    if (creditNano > 0n) await this.addLot(client, topUp, creditNano);
    await this.journal.record(client, [
      {
        idempotencyKey: `top_up:${topUp.id}`,
        kind: 'top_up',
        organizationId: topUp.organizationId,
        walletId: topUp.walletId,
        currency: topUp.currency,
        description: `top-up paid by ${attempt.providerRef}`,
        postings: paidCreditAfterDebt(topUp.amountNano, debtNano),
      },
    ]);
    if (topUp.trigger === 'auto') await this.topUps.noteTry(client, topUp.walletId, 0, null);
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

  private async addLot(client: PoolClient, topUp: TopUp, amountNano: bigint): Promise<void> {
    const lot = await this.credits.insert(client, topUp.walletId, {
      organizationId: topUp.organizationId,
      kind: 'paid',
      amountNano,
      currency: topUp.currency,
      reason: topUp.trigger === 'auto' ? 'Automatic top-up' : 'Top-up',
      idempotencyKey: `top_up:${topUp.id}`,
      createdBy: 'system:payments',
    });
    if (lot === null) throw new Error(`top-up ${topUp.id} was credited before`);
    await this.credits.addToBalance(client, topUp.walletId, amountNano);
  }
}
