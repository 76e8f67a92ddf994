import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { minorToNano } from '../../core/currency.js';
import { creditReceipts, type OpenReceipt } from '../invoicing/receipts/receipt.js';
import { ReceiptsService } from '../invoicing/receipts/receipts.service.js';
import {
  SaleDocuments,
  type CreditedSale,
  type ResoldCredit,
  type SaleWhy,
  type TaxedSale,
  type TaxedSales,
} from '../payments/sale-documents.service.js';
import { creditAgain, netOfMoney } from './sale.js';
import { SalesRepository, type BookedSale } from './sales.repository.js';

/** What is taken back of top-ups that were taxed when they were sold, and what comes back: with its documents. */
@Injectable()
export class TopUpSales implements TaxedSales, OnModuleInit {
  constructor(
    private readonly documents: SaleDocuments,
    private readonly sales: SalesRepository,
    private readonly receipts: ReceiptsService,
  ) {}

  onModuleInit(): void {
    this.documents.register(this);
  }

  async find(client: PoolClient, attemptId: string): Promise<TaxedSale | null> {
    const sale = await this.sales.findTaxed(client, attemptId);
    if (!sale) return null;
    const open = await this.receipts.open(client, sale.receiptIds, sale.currency);
    return {
      netOf: (grossNano) => netOfMoney(sale, sale.takenNano, grossNano),
      creditBack: (limitNano, why) => this.creditBack(sale, open, { limitNano, why }),
      sellAgain: (keptNano, grossNano) => this.sellAgain(sale, keptNano, grossNano),
    };
  }

  private creditBack(
    sale: BookedSale,
    open: readonly OpenReceipt[],
    { limitNano, why }: { limitNano: bigint; why: SaleWhy },
  ): CreditedSale {
    const credits = creditReceipts(open, limitNano, why);
    const taxMinor = credits.reduce((sum, { draft }) => sum + draft.taxMinor, 0n);
    return {
      netNano: credits.reduce((sum, { amountNano }) => sum + amountNano, 0n),
      taxNano: minorToNano(taxMinor, sale.currency),
      issue: async (client, clawBackId) => {
        for (const credit of credits) await this.receipts.credit(client, credit, clawBackId);
      },
    };
  }

  private sellAgain(sale: BookedSale, keptNano: bigint, grossNano: bigint): ResoldCredit {
    const { organizationId, walletId, currency, tax } = sale;
    const resold = creditAgain(sale, keptNano, grossNano);
    return {
      ...resold,
      issue: (client, { grantId, reference }) =>
        this.receipts.issue(client, {
          organizationId,
          walletId,
          currency,
          grantId,
          amountNano: resold.netNano,
          tax,
          method: 'returned',
          reference,
        }),
    };
  }
}
