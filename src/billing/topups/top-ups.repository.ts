import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../platform/database/database.service.js';
import type { TaxCategory } from '../invoicing/tax/tax-decision.js';
import type { AutoTopUp, AutoTopUpSituation } from './auto-top-up.js';
import type { TopUp, TopUpStatus } from './top-up.js';

/** A top-up as it is ordered. */
export type NewTopUp = Pick<
  TopUp,
  | 'id'
  | 'organizationId'
  | 'walletId'
  | 'paymentMethodId'
  | 'currency'
  | 'amountNano'
  | 'tax'
  | 'taxNano'
  | 'creditExpiresAt'
  | 'trigger'
> & { idempotencyKey: string; createdBy: string };

interface Row {
  id: string;
  organization_id: string;
  wallet_id: string;
  payment_method_id: string;
  currency: string;
  amount_nano: string;
  tax_category: TaxCategory | null;
  tax_rate_ppm: number | null;
  tax_nano: string;
  credit_expires_at: Date | null;
  receipt_id: string | null;
  trigger: TopUp['trigger'];
  status: TopUpStatus;
  created_at: Date;
  closed_at: Date | null;
}

interface RuleRow {
  organization_id: string;
  wallet_id: string;
  currency: string;
  threshold_nano: string;
  amount_nano: string;
  monthly_cap_nano: string | null;
  enabled: boolean;
  failures: number;
  not_before: Date | null;
}

const COLUMNS = `id, organization_id, wallet_id, payment_method_id, currency, amount_nano, tax_category, tax_rate_ppm, tax_nano,
  credit_expires_at, trigger, status, created_at, closed_at, (select i.id from credit_grant g join invoice i on i.grant_id = g.id
    where g.idempotency_key = 'top_up:' || top_up.id) as receipt_id`;
const IN_FLIGHT = `status in ('pending', 'unknown')`;
const RULE = `a.organization_id, a.wallet_id, w.currency, a.threshold_nano, a.amount_nano, a.monthly_cap_nano, a.enabled,
  a.failures, a.not_before`;

/** Top-ups, and the rules by which wallets buy by themselves. */
@Injectable()
export class TopUpsRepository {
  constructor(private readonly database: Database) {}

  /** Null when its idempotency key was used before. Another one under way for the wallet is a unique violation. */
  async insert(client: PoolClient, topUp: NewTopUp): Promise<TopUp | null> {
    const { rows } = await client.query<Row>(
      `insert into top_up (id, organization_id, wallet_id, payment_method_id, currency, amount_nano, trigger, idempotency_key,
         created_by, tax_category, tax_rate_ppm, tax_nano, credit_expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict (idempotency_key) do nothing returning ${COLUMNS}`,
      [
        topUp.id,
        topUp.organizationId,
        topUp.walletId,
        topUp.paymentMethodId,
        topUp.currency,
        topUp.amountNano,
        topUp.trigger,
        topUp.idempotencyKey,
        topUp.createdBy,
        topUp.tax?.category ?? null,
        topUp.tax?.ratePpm ?? null,
        topUp.taxNano,
        topUp.creditExpiresAt,
      ],
    );
    return rows[0] ? toTopUp(rows[0]) : null;
  }

  async findByKey(client: PoolClient, idempotencyKey: string): Promise<TopUp | null> {
    const { rows } = await client.query<Row>(`select ${COLUMNS} from top_up where idempotency_key = $1`, [
      idempotencyKey,
    ]);
    return rows[0] ? toTopUp(rows[0]) : null;
  }

  /** Whether the wallet has one without an outcome. */
  async hasInFlight(client: PoolClient, walletId: string): Promise<boolean> {
    const { rows } = await client.query(`select 1 from top_up where wallet_id = $1 and ${IN_FLIGHT}`, [
      walletId,
    ]);
    return rows.length > 0;
  }

  async find(organizationId: string, id: string): Promise<TopUp | null> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from top_up where organization_id = $1 and id = $2`,
      [organizationId, id],
    );
    return rows[0] ? toTopUp(rows[0]) : null;
  }

  /** Newest first, older than `beforeId`. */
  async list(organizationId: string, limit: number, beforeId?: string): Promise<TopUp[]> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from top_up where organization_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`,
      [organizationId, beforeId ?? null, limit],
    );
    return rows.map(toTopUp);
  }

  /** The top-up with its state changed; null when it was closed already. */
  async move(client: PoolClient, id: string, status: TopUpStatus): Promise<TopUp | null> {
    const { rows } = await client.query<Row>(
      `update top_up set status = $2::text, closed_at = case when $2::text in ('succeeded', 'failed', 'canceled') then billing_now() end
       where id = $1 and ${IN_FLIGHT} returning ${COLUMNS}`,
      [id, status],
    );
    return rows[0] ? toTopUp(rows[0]) : null;
  }

  /** Sets the rule of a wallet; what failed under the old one is forgotten. */
  async putRule(
    client: PoolClient,
    walletId: string,
    rule: Pick<AutoTopUp, 'organizationId' | 'thresholdNano' | 'amountNano' | 'monthlyCapNano' | 'enabled'>,
  ): Promise<void> {
    await client.query(
      `insert into auto_top_up (wallet_id, organization_id, threshold_nano, amount_nano, monthly_cap_nano, enabled)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (wallet_id) do update set threshold_nano = excluded.threshold_nano, amount_nano = excluded.amount_nano,
         monthly_cap_nano = excluded.monthly_cap_nano, enabled = excluded.enabled, failures = 0, not_before = null,
         updated_at = billing_now()`,
      [walletId, rule.organizationId, rule.thresholdNano, rule.amountNano, rule.monthlyCapNano, rule.enabled],
    );
  }

  /** The rule of an organization's own currency; null when none was set. */
  async findRule(organizationId: string, client?: PoolClient): Promise<AutoTopUp | null> {
    const { rows } = await (client ?? this.database.pool).query<RuleRow>(
      `select ${RULE} from auto_top_up a join wallet w on w.id = a.wallet_id join organization o on o.id = a.organization_id
       where a.organization_id = $1 and w.currency = o.currency`,
      [organizationId],
    );
    return rows[0] ? toRule(rows[0]) : null;
  }

  /** Organizations whose balance has reached their threshold and that may try now. */
  async listDue(limit: number): Promise<string[]> {
    const rows = await this.database.query<{ organization_id: string }>(
      `select a.organization_id from auto_top_up a join wallet w on w.id = a.wallet_id
         join organization o on o.id = a.organization_id and o.currency = w.currency
       where a.enabled and w.status = 'active' and o.status = 'active' and w.balance_nano - w.held_nano <= a.threshold_nano
         and (a.not_before is null or a.not_before <= billing_now())
         and not exists (select 1 from top_up t where t.wallet_id = a.wallet_id and t.${IN_FLIGHT})
         and (a.monthly_cap_nano is null or a.amount_nano + ${BOUGHT} <= a.monthly_cap_nano)
       order by a.wallet_id limit $1`,
      [limit],
    );
    return rows.map((row) => row.organization_id);
  }

  /** Lets the rule of an organization rest, without counting that as a try. */
  async postponeRule(organizationId: string, delayMs: number): Promise<void> {
    await this.database.query(
      `update auto_top_up set not_before = greatest(not_before, billing_now() + make_interval(secs => $2::double precision / 1000))
       where organization_id = $1`,
      [organizationId, delayMs],
    );
  }

  /** What decides whether to buy; read under the wallet's lock. */
  async situation(client: PoolClient, walletId: string): Promise<AutoTopUpSituation> {
    const { rows } = await client.query<{
      available: string;
      active: boolean;
      in_flight: boolean;
      bought: string;
      now: Date;
    }>(
      `select w.balance_nano - w.held_nano as available, w.status = 'active' as active,
         exists (select 1 from top_up t where t.wallet_id = w.id and t.${IN_FLIGHT}) as in_flight,
         (select ${BOUGHT} from (select w.id as wallet_id) a) as bought, billing_now() as now
       from wallet w where w.id = $1`,
      [walletId],
    );
    const [row] = rows;
    if (!row) throw new Error(`wallet ${walletId} vanished`);
    return {
      availableNano: BigInt(row.available),
      walletActive: row.active,
      inFlight: row.in_flight,
      boughtThisMonthNano: BigInt(row.bought),
      now: row.now,
    };
  }

  /** Notes a try that brought nothing; null `backOffMs`: one that did. */
  async noteTry(
    client: PoolClient,
    walletId: string,
    failures: number,
    backOffMs: number | null,
  ): Promise<void> {
    await client.query(
      `update auto_top_up set failures = $2, not_before = billing_now() + make_interval(secs => $3::double precision / 1000)
       where wallet_id = $1`,
      [walletId, failures, backOffMs],
    );
  }
}

/** Bought by itself in this calendar month (UTC) for the wallet of `a`, under way included. */
const BOUGHT = `coalesce((select sum(t.amount_nano) from top_up t where t.wallet_id = a.wallet_id and t.trigger = 'auto'
  and t.status in ('pending', 'unknown', 'succeeded') and t.created_at >= date_trunc('month', billing_now(), 'UTC')), 0)`;

const toTopUp = (row: Row): TopUp => ({
  id: row.id,
  organizationId: row.organization_id,
  walletId: row.wallet_id,
  paymentMethodId: row.payment_method_id,
  currency: row.currency,
  amountNano: BigInt(row.amount_nano),
  tax:
    row.tax_category === null || row.tax_rate_ppm === null
      ? null
      : { category: row.tax_category, ratePpm: row.tax_rate_ppm },
  taxNano: BigInt(row.tax_nano),
  creditExpiresAt: row.credit_expires_at,
  receiptId: row.receipt_id,
  trigger: row.trigger,
  status: row.status,
  createdAt: row.created_at,
  closedAt: row.closed_at,
});

const toRule = (row: RuleRow): AutoTopUp => ({
  organizationId: row.organization_id,
  walletId: row.wallet_id,
  currency: row.currency,
  thresholdNano: BigInt(row.threshold_nano),
  amountNano: BigInt(row.amount_nano),
  monthlyCapNano: row.monthly_cap_nano === null ? null : BigInt(row.monthly_cap_nano),
  enabled: row.enabled,
  failures: row.failures,
  notBefore: row.not_before,
});
