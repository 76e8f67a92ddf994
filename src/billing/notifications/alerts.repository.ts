import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../platform/database/database.service.js';
import type { AlertRule } from './alert.js';

/** A threshold that is reached and was not told of yet. */
export interface ReachedBalance {
  organizationId: string;
  currency: string;
  thresholdNano: bigint;
  availableNano: bigint;
}

/** A budget of which `percent` are spent, not told of yet; `scopeId` is the UUID of the organization, project or key. */
export interface ReachedBudget {
  organizationId: string;
  scope: 'organization' | 'project' | 'key';
  scopeId: string;
  window: string;
  windowStart: Date;
  percent: number;
  amountNano: bigint;
  spentNano: bigint;
  currency: string;
}

/** Rules of alerts, and which were given. */
@Injectable()
export class AlertsRepository {
  constructor(private readonly database: Database) {}

  async put(client: PoolClient, rule: AlertRule): Promise<void> {
    await client.query(
      `insert into alert_rule (organization_id, balance_thresholds, budget_percent, emails) values ($1, $2, $3, $4)
       on conflict (organization_id) do update set balance_thresholds = excluded.balance_thresholds,
         budget_percent = excluded.budget_percent, emails = excluded.emails, updated_at = billing_now()`,
      [rule.organizationId, rule.balanceBelowNano, rule.budgetPercent, rule.emails],
    );
  }

  /** Null: none was set. */
  async find(organizationId: string): Promise<AlertRule | null> {
    const [row] = await this.database.query<{ below: string[]; percent: number[]; emails: string[] }>(
      `select balance_thresholds as below, budget_percent as percent, emails from alert_rule where organization_id = $1`,
      [organizationId],
    );
    return row
      ? {
          organizationId,
          balanceBelowNano: row.below.map(BigInt),
          budgetPercent: row.percent,
          emails: row.emails,
        }
      : null;
  }

  /** Balances that are up again may be told of again when they fall. */
  async forgetRecovered(): Promise<void> {
    await this.database.query(
      `delete from alert_given g using alert_rule r, wallet w, organization o
       where g.kind = 'balance' and r.organization_id = g.organization_id and o.id = g.organization_id
         and w.organization_id = o.id and w.currency = o.currency and w.balance_nano - w.held_nano >= g.key::bigint`,
    );
  }

  async listBalances(): Promise<ReachedBalance[]> {
    const rows = await this.database.query<{
      id: string;
      currency: string;
      threshold: string;
      available: string;
    }>(
      `select o.id, w.currency, t.nano as threshold, w.balance_nano - w.held_nano as available
       from alert_rule r join organization o on o.id = r.organization_id
         join wallet w on w.organization_id = o.id and w.currency = o.currency
         cross join lateral unnest(r.balance_thresholds) as t(nano)
       where w.balance_nano - w.held_nano < t.nano and not exists (
         select 1 from alert_given g where g.organization_id = o.id and g.kind = 'balance' and g.key = t.nano::text)
       order by o.id, t.nano desc limit 500`,
    );
    return rows.map((row) => ({
      organizationId: row.id,
      currency: row.currency,
      thresholdNano: BigInt(row.threshold),
      availableNano: BigInt(row.available),
    }));
  }

  async listBudgets(): Promise<ReachedBudget[]> {
    const rows = await this.database.query<{
      organization_id: string;
      scope: ReachedBudget['scope'];
      scope_id: string;
      time_window: string;
      window_start: Date;
      percent: number;
      amount_nano: string;
      spent_nano: string;
      currency: string;
    }>(
      `select b.organization_id, b.scope, b.scope_id, b.time_window, u.window_start, p.percent, b.amount_nano, u.spent_nano, o.currency
       from alert_rule r join budget b on b.organization_id = r.organization_id join organization o on o.id = b.organization_id
         join budget_usage u on u.scope_id = b.scope_id and u.window_start = budget_window_start(b.time_window, billing_now())
         cross join lateral unnest(r.budget_percent) as p(percent)
       where b.amount_nano > 0 and u.spent_nano::numeric * 100 >= b.amount_nano::numeric * p.percent
         and not exists (select 1 from alert_given g where g.organization_id = b.organization_id and g.kind = 'budget'
           and g.key = ${KEY})
       order by b.scope_id, p.percent limit 500`,
    );
    return rows.map((row) => ({
      organizationId: row.organization_id,
      scope: row.scope,
      scopeId: row.scope_id,
      window: row.time_window,
      windowStart: row.window_start,
      percent: row.percent,
      amountNano: BigInt(row.amount_nano),
      spentNano: BigInt(row.spent_nano),
      currency: row.currency,
    }));
  }

  /** True when it was not given before; the caller tells of it in the same transaction. */
  async give(
    client: PoolClient,
    organizationId: string,
    kind: 'balance' | 'budget',
    key: string,
  ): Promise<boolean> {
    const { rows } = await client.query(
      `insert into alert_given (organization_id, kind, key) values ($1, $2, $3) on conflict do nothing returning 1`,
      [organizationId, kind, key],
    );
    return rows.length > 0;
  }
}

/** A budget, its window and a part of it; the same text is made in alerts.service.ts. */
const KEY = `concat_ws(':', b.scope_id, extract(epoch from u.window_start)::bigint, p.percent)`;
