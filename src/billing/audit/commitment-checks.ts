import type { Check } from './check.js';

/**
 * The months that closed periods end and commitments cover a day of, with what was promised for those days, as this file
 * works it out by itself. A period that another one of its month follows ends none.
 */
const MONTHS = `
  committed as (
    select c.*, p.id as period_id, p.ends_at, d.first_day, (d.first_day + interval '1 month')::date as next_month
    from commitment c join billing_period p on p.organization_id = c.organization_id and p.status = 'closed'
    cross join lateral (
      select date_trunc('month', (p.ends_at - interval '1 microsecond') at time zone c.time_zone)::date as first_day) d),
  span as (
    select k.*, greatest(k.valid_from, k.first_day) as since, least(k.valid_until, k.next_month) as until from committed k
    where k.ends_at = k.next_month::timestamp at time zone k.time_zone
      and greatest(k.valid_from, k.first_day) < least(k.valid_until, k.next_month)),
  month as (
    select period_id, organization_id, ends_at, min(first_day::timestamp at time zone time_zone) as starts_at, min(currency) as currency,
      round(sum(amount_nano::numeric * (until - since)) / min(next_month - first_day)) as promised
    from span group by period_id, organization_id, ends_at)`;

/** What was charged in the covered hours of those months, but for corrections of other months. */
const USED = `
  part as (
    select m.period_id as of_period, m.currency, q.id from month m
    join billing_period q on q.organization_id = m.organization_id and q.ends_at > m.starts_at and q.ends_at <= m.ends_at),
  charged as (
    select t.of_period, r.hour, (r.amount_nano - r.absorbed_nano)::numeric as nano from part t
    join usage_rollup r on r.period_id = t.id join wallet w on w.id = r.wallet_id and w.currency = t.currency
    union all
    select t.of_period, date_trunc('hour', e.recorded_at, 'UTC'), -e.amount_nano from part t
    join usage_event e on e.period_id = t.id and e.kind <> 'usage' and e.currency = t.currency
    join usage_event o on o.id = coalesce(e.reverses_id, e.corrects_id)
    where not exists (select 1 from part s where s.of_period = t.of_period and s.id = o.period_id)
    union all
    select t.of_period, null, l.amount_nano from part t join invoice i on i.period_id = t.id and i.status <> 'void'
    join invoice_line l on l.invoice_id = i.id and l.kind = 'package'),
  used as (
    select c.of_period, greatest(0, sum(c.nano)) as nano from charged c
    where c.hour is null or exists (select 1 from span s where s.period_id = c.of_period
      and c.hour + interval '1 hour' > s.since::timestamp at time zone s.time_zone and c.hour < s.until::timestamp at time zone s.time_zone)
    group by c.of_period)`;

/** What must hold of minimum commitments. */
export const COMMITMENT_CHECKS: Check[] = [
  {
    id: 'F28',
    title:
      'a closed month under a commitment is billed exactly what its usage lacks, and no other is billed any',
    sql: `with ${MONTHS}, ${USED},
          expected as (
            select m.period_id, greatest(0, m.promised - coalesce(u.nano, 0)) as nano from month m left join used u on u.of_period = m.period_id),
          document as (
            select i.period_id, i.status, sum(l.amount_nano) filter (where l.kind = 'true_up') as nano,
              count(*) filter (where l.kind = 'true_up') as lines
            from invoice i left join invoice_line l on l.invoice_id = i.id where i.status <> 'void' group by i.id)
          select coalesce(e.period_id, d.period_id)::text as id from expected e full join document d on d.period_id = e.period_id
          where d.status is distinct from 'draft'
            and (coalesce(e.nano, 0) <> coalesce(d.nano, 0) or d.lines > 1)`,
  },
  {
    id: 'F29',
    title: 'no committed month that has ended waits long for its bill',
    sql: `select c.id::text as id from commitment c
          cross join lateral generate_series(date_trunc('month', c.valid_from::timestamp),
            least(billing_now() at time zone c.time_zone - interval '1 month 1 day', c.valid_until::timestamp - interval '1 day'),
            interval '1 month') m(first_day)
          where c.valid_until is distinct from c.valid_from
            and not exists (select 1 from billing_period p where p.organization_id = c.organization_id and p.status = 'closed'
              and p.ends_at = (m.first_day + interval '1 month') at time zone c.time_zone)`,
  },
];
