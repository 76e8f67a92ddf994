import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';
import type { KeyAccount, KeyCredits } from './key-account.js';

interface AccountRow {
  name: string;
  currency: string;
  expires_at: Date | null;
  allowed_models: string[];
  rate_limits: { requests_per_minute?: number };
  budget_nano: string | null;
  time_window: string | null;
  taken_nano: string | null;
  used_nano: string;
  daily_nano: string;
  weekly_nano: string;
  monthly_nano: string;
}

/** Rollups hold what is posted, the queue what is not yet: together every charge once. */
const ACCOUNT_SQL = `
  with charge as (
    select r.hour as at, r.amount_nano from usage_rollup r where r.organization_id = $2 and r.api_key_id = $1
    union all
    select e.recorded_at, e.amount_nano from usage_pending p join usage_event e on e.id = p.event_id where e.api_key_id = $1),
  used as (
    select coalesce(sum(amount_nano), 0) as used_nano,
      coalesce(sum(amount_nano) filter (where at >= date_trunc('day', billing_now() at time zone 'UTC') at time zone 'UTC'), 0) as daily_nano,
      coalesce(sum(amount_nano) filter (where at >= date_trunc('week', billing_now() at time zone 'UTC') at time zone 'UTC'), 0) as weekly_nano,
      coalesce(sum(amount_nano) filter (where at >= date_trunc('month', billing_now() at time zone 'UTC') at time zone 'UTC'), 0) as monthly_nano
    from charge)
  select k.name, w.currency, k.expires_at, k.allowed_models, k.rate_limits, b.amount_nano as budget_nano, b.time_window,
    (select u.held_nano + u.spent_nano from budget_usage u where u.scope_id = k.id
       and (b.time_window = 'lifetime' or u.window_start = date_trunc(
         case b.time_window when 'daily' then 'day' when 'weekly' then 'week' else 'month' end,
         billing_now() at time zone 'UTC') at time zone 'UTC')
       order by u.window_start desc limit 1) as taken_nano,
    used.*
  from api_key k join wallet w on w.id = k.wallet_id left join budget b on b.scope_id = k.id cross join used
  where k.id = $1`;

interface CreditsRow {
  currency: string;
  granted_nano: string;
  balance_nano: string;
  held_nano: string;
  overdraft_nano: string;
  has_payment_method: boolean;
}

/** A key's own view of what it spent and of the wallet it spends from. */
@Injectable()
export class KeyAccountRepository {
  constructor(private readonly database: Database) {}

  async getAccount(keyId: string, organizationId: string): Promise<KeyAccount> {
    const row = await this.one<AccountRow>(ACCOUNT_SQL, [keyId, organizationId]);
    return {
      keyId,
      name: row.name,
      currency: row.currency,
      usedNano: BigInt(row.used_nano),
      usedDailyNano: BigInt(row.daily_nano),
      usedWeeklyNano: BigInt(row.weekly_nano),
      usedMonthlyNano: BigInt(row.monthly_nano),
      budget:
        row.budget_nano === null || row.time_window === null
          ? null
          : {
              amountNano: BigInt(row.budget_nano),
              window: row.time_window,
              takenNano: BigInt(row.taken_nano ?? 0),
            },
      requestsPerMinute: row.rate_limits.requests_per_minute ?? null,
      allowedModels: row.allowed_models,
      expiresAt: row.expires_at,
    };
  }

  async getCredits(walletId: string): Promise<KeyCredits> {
    const row = await this.one<CreditsRow>(
      `select w.currency, w.balance_nano, w.held_nano, w.overdraft_nano,
         (select coalesce(sum(g.amount_nano), 0) from credit_grant g where g.wallet_id = w.id) as granted_nano,
         exists (select 1 from payment_method m where m.organization_id = w.organization_id and m.status = 'active') as has_payment_method
       from wallet w where w.id = $1`,
      [walletId],
    );
    return {
      currency: row.currency,
      grantedNano: BigInt(row.granted_nano),
      balanceNano: BigInt(row.balance_nano),
      heldNano: BigInt(row.held_nano),
      overdraftNano: BigInt(row.overdraft_nano),
      hasPaymentMethod: row.has_payment_method,
    };
  }

  /** The row of a key that was just let in; it cannot be gone. */
  private async one<Row extends object>(sql: string, values: unknown[]): Promise<Row> {
    const [row] = await this.database.query<Row>(sql, values);
    if (!row) throw new Error('the account of an authenticated key does not exist');
    return row;
  }
}
