import type { Check } from './check.js';

/** What was accrued for each provider on each day (UTC) that a statement was accepted for: events are read once for all of them. */
const ACCRUED = `span as materialized (
    select min(lower(days)) at time zone 'UTC' as since, max(upper(days)) at time zone 'UTC' as until
    from provider_statement where status in ('accepted', 'paid')),
  accrued as materialized (
    select provider_id, currency, (at at time zone 'UTC')::date as day, sum(cost_nano) as nano
    from (select e.provider_id, e.cost_currency as currency, e.recorded_at as at, e.cost_nano from usage_event e
          where e.kind = 'usage' and e.recorded_at >= (select since from span) and e.recorded_at < (select until from span)
          union all
          select b.provider_id, b.currency, b.probed_at, b.cost_nano from upstream_probe b
          where b.probed_at >= (select since from span) and b.probed_at < (select until from span)) one
    group by 1, 2, 3)`;

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
    sql: `with ${ACCRUED}
          select s.id::text as id from provider_statement s
          where (s.status = 'open' and not exists (select 1 from provider_statement n where n.provider_id = s.provider_id
                  and n.id > s.id and n.days @> s.days and (n.stated_cost_nano is null) = (s.stated_cost_nano is null)))
            or (s.status in ('accepted', 'paid')
              and (${payable(`'provider_statement:' || s.id`)} <> s.accrued_cost_nano - s.stated_cost_nano
                or ${payable(`'provider_paid:' || s.id`)} <> case s.status when 'paid' then s.stated_cost_nano else 0 end
                or s.accrued_cost_nano <> coalesce((select sum(a.nano) from accrued a
                  where a.provider_id = s.provider_id and a.currency = s.currency and s.days @> a.day), 0)))`,
  },
  {
    id: 'P01',
    title: 'what a test call of the house costs is booked to the house, once, and soon',
    sql: `select b.id::text as id from upstream_probe b
          where b.booked and ${payable(`'upstream_probe:' || b.id`)} <> -b.cost_nano
            or not b.booked and b.probed_at < billing_now() - interval '15 minutes'`,
  },
];
