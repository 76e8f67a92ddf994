import type { Check } from './check.js';

/** Of customers' calls and of the house's own test calls. */
const ACCRUED = `(select coalesce(sum(e.cost_nano), 0) from usage_event e where e.kind = 'usage' and e.provider_id = s.provider_id
  and e.cost_currency = s.currency and e.recorded_at >= (lower(s.days) at time zone 'UTC')
  and e.recorded_at < (upper(s.days) at time zone 'UTC'))
  + (select coalesce(sum(b.cost_nano), 0) from upstream_probe b where b.provider_id = s.provider_id
  and b.currency = s.currency and b.probed_at >= (lower(s.days) at time zone 'UTC')
  and b.probed_at < (upper(s.days) at time zone 'UTC'))`;

/** What a journal did to what is owed to providers. */
const payable = (key: string): string => `coalesce((select sum(e.amount_nano) from ledger_transaction x
  join ledger_entry e on e.transaction_id = x.id join ledger_account k on k.id = e.account_id
  where k.kind = 'provider_payable' and x.idempotency_key = ${key}), 0)`;

/** The books checks of what providers take. */
export const PROVIDER_CHECKS: readonly Check[] = [
  {
    id: 'I29',
    title:
      'what providers state is what was accrued for them, but for what is explained, tolerated or accepted',
    sql: `select s.id::text as id from provider_statement s
          where (s.status = 'open' and not exists (select 1 from provider_statement n where n.provider_id = s.provider_id
                  and n.id > s.id and n.days @> s.days and (n.stated_cost_nano is null) = (s.stated_cost_nano is null)))
            or (s.status in ('accepted', 'paid')
              and (${payable(`'provider_statement:' || s.id`)} <> s.accrued_cost_nano - s.stated_cost_nano
                or ${payable(`'provider_paid:' || s.id`)} <> case s.status when 'paid' then s.stated_cost_nano else 0 end
                or s.accrued_cost_nano <> (${ACCRUED})))`,
  },
  {
    id: 'P01',
    title: 'what a test call of the house costs is booked to the house, once, and soon',
    sql: `select b.id::text as id from upstream_probe b
          where b.booked and ${payable(`'upstream_probe:' || b.id`)} <> -b.cost_nano
            or not b.booked and b.probed_at < billing_now() - interval '15 minutes'`,
  },
];
