import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { Tax, TaxCategory } from '../invoicing/tax/tax-decision.js';
import type { Sale } from './sale.js';

/** A sale whose tax was charged with it, and what became of it. */
export interface BookedSale extends Sale {
  tax: Tax;
  organizationId: string;
  walletId: string;
  /** Of its money: taken back and not come back. */
  takenNano: bigint;
  /** UUIDs of its receipts, newest first. */
  receiptIds: string[];
}

interface Row {
  organization_id: string;
  wallet_id: string;
  currency: string;
  amount_nano: string;
  tax_nano: string;
  tax_category: TaxCategory;
  tax_rate_ppm: number;
  taken_nano: string;
  receipt_ids: string[];
}

/** What payments sold. Every call belongs to the caller's transaction. */
@Injectable()
export class SalesRepository {
  /** Null: the payment sold nothing whose tax was charged with it. */
  async findTaxed(client: PoolClient, attemptId: string): Promise<BookedSale | null> {
    const { rows } = await client.query<Row>(
      `select t.organization_id, t.wallet_id, t.currency, t.amount_nano, t.tax_nano, t.tax_category, t.tax_rate_ppm,
         (select coalesce(sum(c.from_wallet_nano + c.receivable_nano + c.tax_nano + c.rounding_nano), 0) from claw_back c
          left join payment_refund r on r.id = c.refund_id left join payment_dispute d on d.id = c.dispute_id
          where coalesce(r.attempt_id, d.attempt_id) = a.id and r.status is distinct from 'failed'
            and d.status is distinct from 'won') as taken_nano,
         array(select i.id::text from invoice i join credit_grant g on g.id = i.grant_id
           where g.idempotency_key = 'top_up:' || t.id
             or g.idempotency_key in (select 'refund_failed:' || r.id from payment_refund r where r.attempt_id = a.id)
             or g.idempotency_key in (select 'dispute_won:' || d.id from payment_dispute d where d.attempt_id = a.id)
           order by i.finalized_at desc, i.number desc) as receipt_ids
       from payment_attempt a join top_up t on t.id = a.purpose_id
       where a.id = $1 and a.purpose = 'top_up' and t.tax_category is not null`,
      [attemptId],
    );
    return rows[0] ? toSale(rows[0]) : null;
  }
}

const toSale = (row: Row): BookedSale => ({
  organizationId: row.organization_id,
  walletId: row.wallet_id,
  currency: row.currency,
  netNano: BigInt(row.amount_nano),
  taxNano: BigInt(row.tax_nano),
  tax: { category: row.tax_category, ratePpm: row.tax_rate_ppm },
  takenNano: BigInt(row.taken_nano),
  receiptIds: row.receipt_ids,
});
