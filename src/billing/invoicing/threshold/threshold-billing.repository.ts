import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../../platform/database/database.service.js';

/** The amount of usage on credit at which an organization is billed early. */
export interface BillingThreshold {
  organizationId: string;
  currency: string;
  /** Null: only when the period ends. */
  amountNano: bigint | null;
}

/** An open period whose usage on credit has reached its organization's threshold. */
export interface ReachedThreshold {
  organizationId: string;
  periodId: string;
}

/** Thresholds of billing, and the periods that have reached them. */
@Injectable()
export class ThresholdBillingRepository {
  constructor(private readonly database: Database) {}

  /** Null when there is no such organization. */
  async find(organizationId: string): Promise<BillingThreshold | null> {
    const [row] = await this.database.query<{ currency: string; amount: string | null }>(
      'select currency, billing_threshold_nano as amount from billing_account where organization_id = $1',
      [organizationId],
    );
    return row
      ? {
          organizationId,
          currency: row.currency,
          amountNano: row.amount === null ? null : BigInt(row.amount),
        }
      : null;
  }

  async put(client: PoolClient, { organizationId, amountNano }: BillingThreshold): Promise<void> {
    await client.query(
      'update billing_account set billing_threshold_nano = $2, updated_at = now() where organization_id = $1',
      [organizationId, amountNano],
    );
  }

  /** What the rollup has posted of each open period is compared; what waits for it is seconds old. */
  async listReached(limit: number): Promise<ReachedThreshold[]> {
    const rows = await this.database.query<{ organization_id: string; id: string }>(
      `select p.organization_id, p.id from billing_period p
         join billing_account a on a.organization_id = p.organization_id
         join organization o on o.id = p.organization_id and o.billing_mode = 'postpaid'
         join period_funding f on f.period_id = p.id
       where p.status = 'open' and p.starts_at < billing_now()
       group by p.organization_id, p.id, a.billing_threshold_nano
       having sum(f.postpaid_nano) >= a.billing_threshold_nano order by p.id limit $1`,
      [limit],
    );
    return rows.map((row) => ({ organizationId: row.organization_id, periodId: row.id }));
  }
}
