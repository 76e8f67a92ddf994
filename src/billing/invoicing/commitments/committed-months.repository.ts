import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { CommittedMonth } from './commitment.js';

/** A month under commitment at its end. */
export interface EndedMonth extends CommittedMonth {
  /** Whether all its other periods are closed, so that its usage is known. */
  isComplete: boolean;
}

type Span = {
  amount: string;
  days: number;
  month: number;
  from: Date;
  until: Date;
  monthFrom: Date;
  monthUntil: Date;
};

/** The commitments over the month that the period is the end of, with the days of it they cover. */
const PARTS = `
  select s.amount, s.until_day - s.from_day as days, s.next_month - s.first_day as month,
    s.from_day::timestamp at time zone s.time_zone as "from", s.until_day::timestamp at time zone s.time_zone as "until",
    s.first_day::timestamp at time zone s.time_zone as "monthFrom", s.ends_at as "monthUntil"
  from (
    select c.amount_nano as amount, c.time_zone, p.ends_at, m.first_day, m.next_month, greatest(c.valid_from, m.first_day) as from_day,
      least(c.valid_until, m.next_month) as until_day
    from billing_period p join commitment c on c.organization_id = p.organization_id
    cross join lateral (
      select date_trunc('month', (p.ends_at - interval '1 microsecond') at time zone c.time_zone)::date as first_day) d
    cross join lateral (select d.first_day, (d.first_day + interval '1 month')::date as next_month) m
    where p.id = $1 and p.ends_at = m.next_month::timestamp at time zone c.time_zone) s
  where s.until_day > s.from_day order by s.from_day`;

/**
 * What the covered hours of a month were charged, and the rest of packages on the bills of its earlier parts. Corrections of another month's usage are left out, what they take
 * back and what they charge anew alike.
 */
const USAGE = `
  with part as (select id, status from billing_period
                where organization_id = (select organization_id from billing_period where id = $1) and ends_at > $3 and ends_at <= $4),
  covered as (select * from unnest($5::timestamptz[], $6::timestamptz[]) c(since, until))
  select coalesce((select sum(r.amount_nano - r.absorbed_nano) from usage_rollup r
                   where r.wallet_id = $2 and r.period_id in (select id from part)
                     and exists (select 1 from covered where r.hour + interval '1 hour' > since and r.hour < until)), 0)
       - coalesce((select sum(e.amount_nano) from usage_event e join usage_event o on o.id = coalesce(e.reverses_id, e.corrects_id)
                   where e.kind <> 'usage' and e.wallet_id = $2 and e.period_id in (select id from part)
                     and o.period_id not in (select id from part)
                     and exists (select 1 from covered where date_trunc('hour', e.recorded_at, 'UTC') + interval '1 hour' > since
                       and date_trunc('hour', e.recorded_at, 'UTC') < until)), 0)
       + coalesce((select sum(l.amount_nano) from invoice i join invoice_line l on l.invoice_id = i.id and l.kind = 'package'
                   where i.period_id in (select id from part where id <> $1) and i.status <> 'void'), 0) as "usageNano",
    not exists (select 1 from part where id <> $1 and status <> 'closed') as "isComplete"`;

/** Months under commitment, as their periods end. */
@Injectable()
export class CommittedMonthsRepository {
  /**
   * The month that a period ends; null when no commitment covers a day of it, or another period follows in it. All of
   * the month's usage that the period took must have been posted.
   */
  async findEnded(client: PoolClient, periodId: string, walletId: string): Promise<EndedMonth | null> {
    const { rows: spans } = await client.query<Span>(PARTS, [periodId]);
    const [first] = spans;
    if (!first) return null;
    const { rows } = await client.query<{ usageNano: string; isComplete: boolean }>(USAGE, [
      periodId,
      walletId,
      first.monthFrom,
      first.monthUntil,
      spans.map(({ from }) => from),
      spans.map(({ until }) => until),
    ]);
    return {
      daysInMonth: first.month,
      parts: spans.map(({ amount, days }) => ({ amountNano: BigInt(amount), days })),
      usageNano: BigInt(rows[0]?.usageNano ?? 0),
      isComplete: rows[0]?.isComplete === true,
    };
  }
}
