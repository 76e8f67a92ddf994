import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';

/** Why credit is taken back, as its credit note says. */
export interface SaleWhy {
  reason: 'refund' | 'dispute';
  memo: string;
}

/** Credit that is taken back of a payment, with the tax it bore when it was sold. */
export interface CreditedSale {
  /** Of the credit, nano. */
  netNano: bigint;
  /** Tax given back with it. */
  taxNano: bigint;
  /** Writes the credit notes; `clawBackId` is the claw-back that took the money. */
  issue: (client: PoolClient, clawBackId: string) => Promise<void>;
}

/** Credit of a payment that comes back to the customer. */
export interface ResoldCredit {
  netNano: bigint;
  taxNano: bigint;
  /** Writes the receipt of the new lot; `reference` names what brought the money back. */
  issue: (client: PoolClient, lot: { grantId: string; reference: string }) => Promise<void>;
}

/** What a payment sold with its tax, and what of it is not taken back yet. */
export interface TaxedSale {
  /** The credit that goes with so much more of the payment's money, nano. */
  netOf: (grossNano: bigint) => bigint;
  /** What can be credited of it: whole documents' worth of at most `limitNano`. */
  creditBack: (limitNano: bigint, why: SaleWhy) => CreditedSale;
  /** The credit that `keptNano` of it and so much money, tax included, come to. */
  sellAgain: (keptNano: bigint, grossNano: bigint) => ResoldCredit;
}

/** Who knows the receipts of payments. */
export interface TaxedSales {
  /** Null: the payment sold nothing whose tax was due at its sale. */
  find: (client: PoolClient, attemptId: string) => Promise<TaxedSale | null>;
}

/** Asks who writes receipts what a payment sold. The room of receipts registers itself when it is made. */
@Injectable()
export class SaleDocuments implements TaxedSales {
  private sales: TaxedSales | null = null;

  /** Throws when there is one already. */
  register(sales: TaxedSales): void {
    if (this.sales) throw new Error('receipts of payments are written twice');
    this.sales = sales;
  }

  /** Null: the payment sold nothing whose tax was due at its sale. Throws when nobody writes receipts here. */
  find(client: PoolClient, attemptId: string): Promise<TaxedSale | null> {
    if (!this.sales) throw new Error('nobody writes the receipts of payments');
    return this.sales.find(client, attemptId);
  }
}
