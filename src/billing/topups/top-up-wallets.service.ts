import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { CreditsRepository, type LockedWallet } from '../credits/credits.repository.js';
import { ReceiptsService } from '../invoicing/receipts/receipts.service.js';
import type { Tax } from '../invoicing/tax/tax-decision.js';
import { taxOnCredit } from './sale.js';
import type { TopUp } from './top-up.js';

/** The wallet's side of a top-up: the tax its seller charges with credit, and the lot with its receipt. */
@Injectable()
export class TopUpWallets {
  constructor(
    private readonly credits: CreditsRepository,
    private readonly receipts: ReceiptsService,
  ) {}

  /** Null when there is no such organization. */
  lockOf(client: PoolClient, organizationId: string): Promise<LockedWallet | null> {
    return this.credits.lockWalletOf(client, organizationId);
  }

  async lock(client: PoolClient, walletId: string): Promise<void> {
    await this.credits.lockWallet(client, walletId);
  }

  /** The tax that is charged with so much credit bought now; null and 0 where it is due when the credit is used. */
  async taxOf(
    client: PoolClient,
    { organizationId, currency }: LockedWallet,
    amountNano: bigint,
  ): Promise<{ tax: Tax | null; taxNano: bigint }> {
    const tax = await this.receipts.taxAtSale(client, organizationId);
    return { tax, taxNano: taxOnCredit(amountNano, { tax, currency }) };
  }

  /** The lot a top-up has paid, in the balance of its locked wallet. */
  async addLot(client: PoolClient, topUp: TopUp, amountNano: bigint): Promise<string> {
    const lot = await this.credits.insert(client, topUp.walletId, {
      organizationId: topUp.organizationId,
      kind: 'paid',
      amountNano,
      currency: topUp.currency,
      reason: topUp.trigger === 'auto' ? 'Automatic top-up' : 'Top-up',
      expiresAt: topUp.creditExpiresAt ?? undefined,
      taxPoint: topUp.tax === null ? 'use' : 'sale',
      idempotencyKey: `top_up:${topUp.id}`,
      createdBy: 'system:payments',
    });
    if (lot === null) throw new Error(`top-up ${topUp.id} was credited before`);
    await this.credits.addToBalance(client, topUp.walletId, amountNano);
    return lot;
  }

  /** The receipt of a lot that was taxed when it was sold; nothing for another. */
  async document(
    client: PoolClient,
    { organizationId, walletId, currency, tax }: TopUp,
    { grantId, amountNano, attemptId }: { grantId: string; amountNano: bigint; attemptId: string },
  ): Promise<void> {
    if (tax === null) return;
    const lot = { organizationId, walletId, currency, grantId, amountNano, tax };
    await this.receipts.issue(client, { ...lot, method: 'charge', reference: attemptId });
  }
}
