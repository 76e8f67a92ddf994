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
          where b.probed_at >= (select since from span) and b.probed_at < (select until from span)
          union all
          select u.provider_id, u.currency, u.recorded_at, u.cost_nano from unbilled_attempt u
          where u.status <> 'stated' and u.recorded_at >= (select since from span) and u.recorded_at < (select until from span)) one
    group by 1, 2, 3)`;

/** What a journal did to what is owed to providers. */
const payable = (key: string): string => `coalesce((select sum(e.amount_nano) from ledger_transaction x
  join ledger_entry e on e.transaction_id = x.id join ledger_account k on k.id = e.account_id
  where k.kind = 'provider_payable' and x.idempotency_key = ${key}), 0)`;

const DAY = (column: string): string => `(${column} at time zone 'UTC')::date`;

/** What calls, attempts charged to nobody and test calls cost by their own rows, as far as it is posted. */
const COSTS = `
  select e.provider_id, e.cost_currency::text as currency, ${DAY('e.recorded_at')} as day, e.cost_nano::numeric as nano
  from usage_event e where not exists (select 1 from usage_pending q where q.event_id = e.id)
  union all
  select a.provider_id, w.currency::text, ${DAY('r.created_at')}, a.cost_nano
  from attempt a join request r on r.id = a.request_id join wallet w on w.id = r.wallet_id
    left join usage_event e on e.request_id = a.request_id and e.kind = 'usage'
    left join unbilled_attempt u on u.request_id = a.request_id and u.seq = a.seq
  where a.cost_nano > 0 and (a.outcome = 'failed' or e.id is null) and (u.status is null or u.status = 'booked')
  union all
  select b.provider_id, b.currency::text, ${DAY('b.probed_at')}, b.cost_nano from upstream_probe b where b.booked`;

/**
 * What was accrued for it. Usage is posted by customer, so its provider and day are those of the rollups, written with the posting and
 * compared with it by P03; other costs have a transaction of their own, which names them. Credits are below zero.
 */
const ACCRUALS = `
  select r.provider_id, w.currency::text, ${DAY('r.hour')}, -r.cost_nano from usage_rollup r join wallet w on w.id = r.wallet_id
  union all
  select split_part(t.idempotency_key, ':', 3)::uuid, k.currency::text, split_part(t.idempotency_key, ':', 4)::date, n.amount_nano
  from ledger_transaction t join ledger_entry n on n.transaction_id = t.id join ledger_account k on k.id = n.account_id
  where t.kind = 'attempt_cost' and k.kind = 'provider_payable'
  union all
  select b.provider_id, k.currency::text, ${DAY('b.probed_at')}, n.amount_nano
  from ledger_transaction t join upstream_probe b on b.id = split_part(t.idempotency_key, ':', 2)::uuid
    join ledger_entry n on n.transaction_id = t.id join ledger_account k on k.id = n.account_id
  where t.kind = 'upstream_probe' and k.kind = 'provider_payable'`;

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
  {
    id: 'P02',
    title:
      'what is accrued for a provider and day is what its calls, attempts charged to nobody and test calls cost, and soon',
    sql: `select concat_ws('|', provider_id, currency, day) as id from (${COSTS} union all ${ACCRUALS}) z
          group by provider_id, currency, day having sum(nano) <> 0
          union all
          select concat_ws('|', request_id, seq) from unbilled_attempt
          where status = 'open' and recorded_at < billing_now() - interval '15 minutes'`,
  },
  {
    id: 'P03',
    title: 'the ledger has of each customer the cost of its calls and of its attempts charged to nobody',
    sql: `select concat_ws('|', organization_id, currency, kind, account) as id from (
            select t.organization_id, a.currency::text as currency, t.kind, a.kind as account, e.amount_nano::numeric as nano
            from ledger_entry e join ledger_account a on a.id = e.account_id join ledger_transaction t on t.id = e.transaction_id
            where a.kind in ('cost_of_sales', 'provider_payable') and t.kind in ('usage', 'attempt_cost')
            union all
            select c.organization_id, c.currency, c.kind, s.account, s.sign * c.nano
            from (select r.organization_id, w.currency::text as currency, 'usage' as kind, r.cost_nano as nano
                  from usage_rollup r join wallet w on w.id = r.wallet_id
                  union all
                  select organization_id, currency::text, 'attempt_cost', cost_nano from unbilled_attempt where status = 'booked') c
              cross join (values ('cost_of_sales', -1), ('provider_payable', 1)) s(account, sign)) z
          group by organization_id, currency, kind, account having sum(nano) <> 0`,
  },
];
