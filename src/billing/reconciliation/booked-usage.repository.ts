import { Injectable } from '@nestjs/common';
import type { Client } from 'pg';
import type { TokenClass } from '../../core/token-usage.js';
import { Snapshot } from '../../platform/database/snapshot.service.js';
import type { Booked, BookedCall, BookedUsage, UnbilledCosts, UnservedCalls } from './booked.js';
import { addDays } from './statement.js';

/** What is to be read: one provider's calls of `firstDay` to `lastDay`, both inclusive. */
export interface BookedQuery {
  providerId: string;
  firstDay: string;
  lastDay: string;
  /** ISO 4217, of the costs; null: only quantities are compared. */
  currency: string | null;
  /** Ids the provider gave, which the statement names. */
  refs: readonly string[];
}

/** By how much the clocks of two honest houses, and their moments of counting a call, may differ. */
const SKEW = `interval '5 minutes'`;

/**
 * Ids are in the order of time, so what the calls of some days are joined with lies side by side: reading it by its index costs
 * little more than reading on, which the planner cannot know. Compiling the statements would take as long as a day takes.
 */
const READ_IN_ORDER = `set local random_page_cost = 1.1; set local work_mem = '64MB'; set local jit = off`;

/** Originals alone: a correction changes what customers pay, not what a provider did. $5 are the ids named. */
const USAGE_SQL = `
with named as materialized (
  select distinct a.request_id from attempt a where cardinality($5::text[]) > 0 and a.upstream_id = any ($5::text[])),
event as materialized (
  select e.id, e.recorded_at, e.estimated, e.cost_currency is distinct from $4::bpchar as foreign_currency, r.started_at,
    coalesce((select nullif(a.upstream_model, '') from attempt a where a.request_id = e.request_id and a.provider_id = e.provider_id
              order by (a.outcome = 'served') desc, a.seq desc limit 1), e.model_id) as model
  from usage_event e left join request r on r.id = e.request_id
  where e.kind = 'usage' and e.provider_id = $1 and e.recorded_at >= ($2::date at time zone 'UTC')
    and e.recorded_at < (($3::date + 1) at time zone 'UTC') and e.request_id not in (select request_id from named)),
line as (
  select v.*, date_trunc('day', v.recorded_at at time zone 'UTC') as day, l.token_class, l.quantity,
    case when v.foreign_currency then 0 else l.cost_nano end as cost
  from event v join usage_event_line l on l.event_id = v.id),
placed as (
  select *, (least(started_at, recorded_at) - ${SKEW}) at time zone 'UTC' < day as could_be_before,
    (recorded_at + ${SKEW}) at time zone 'UTC' >= day + interval '1 day' as could_be_after from line)
select day::date::text as day, model, token_class as "tokenClass", sum(quantity)::text as quantity, sum(cost)::text as cost,
  count(*)::text as lines, max(quantity)::text as "largestQuantity", max(cost)::text as "largestCost",
  coalesce(sum(quantity) filter (where estimated), 0)::text as "estimatedQuantity",
  coalesce(sum(cost) filter (where estimated), 0)::text as "estimatedCost",
  coalesce(sum(quantity) filter (where could_be_before), 0)::text as "previousQuantity",
  coalesce(sum(cost) filter (where could_be_before), 0)::text as "previousCost",
  coalesce(sum(quantity) filter (where could_be_after), 0)::text as "nextQuantity",
  coalesce(sum(cost) filter (where could_be_after), 0)::text as "nextCost",
  coalesce(sum(quantity) filter (where foreign_currency), 0)::text as "otherCurrency"
from placed group by 1, 2, 3 order by 1, 2, 3`;

/** A provider that refused a call (4xx) did no work for it. */
const UNSERVED_SQL = `
select (r.created_at at time zone 'UTC')::date::text as day, coalesce(nullif(a.upstream_model, ''), r.model_id) as model,
  count(*) filter (where a.outcome = 'failed')::text as retries, count(*) filter (where a.outcome <> 'failed')::text as abandoned
from attempt a join request r on r.id = a.request_id
where a.provider_id = $1 and r.created_at >= ($2::date at time zone 'UTC') and r.created_at < (($3::date + 1) at time zone 'UTC')
  and (a.status is null or a.status < 400 or a.status >= 500)
  and (a.outcome = 'failed' or (a.outcome in ('aborted', 'unknown')
    and not exists (select 1 from usage_event e where e.request_id = r.id)))
group by 1, 2`;

const CALLS_SQL = `
select a.upstream_id as ref, a.request_id as "requestId", a.outcome = 'served' or (e.id is not null and a.outcome <> 'failed') as served,
  e.id is not null as charged, coalesce(e.estimated, false) as estimated, a.upstream_model as model,
  coalesce(jsonb_agg(jsonb_build_object('tokenClass', l.token_class, 'quantity', l.quantity::text, 'costNano', l.cost_nano::text,
    'sameCurrency', e.cost_currency = $2)) filter (where l.event_id is not null), '[]') as classes
from attempt a left join usage_event e on e.request_id = a.request_id and e.kind = 'usage' and e.provider_id = a.provider_id
left join usage_event_line l on l.event_id = e.id
where a.provider_id = $1 and a.upstream_id = any ($3::text[])
group by a.request_id, a.seq, a.upstream_id, a.outcome, a.upstream_model, e.id, e.estimated`;

/** Costs that nobody was charged for, of these days: attempts, and the house's own test calls. $4: the currency, $5: the ids named. */
const UNBILLED = `
select u.recorded_at as at, coalesce(nullif(a.upstream_model, ''), u.model_id) as model, u.cost_nano,
  coalesce(a.upstream_id = any ($5::text[]), false) as named
from unbilled_attempt u left join attempt a on a.request_id = u.request_id and a.seq = u.seq
where u.provider_id = $1 and u.currency = $4::bpchar and u.status <> 'stated'
  and u.recorded_at >= ($2::date at time zone 'UTC') and u.recorded_at < (($3::date + 1) at time zone 'UTC')
union all
select b.probed_at, d.upstream_model, b.cost_nano, false from upstream_probe b join deployment d on d.id = b.deployment_id
where b.provider_id = $1 and b.currency = $4::bpchar and b.cost_nano > 0
  and b.probed_at >= ($2::date at time zone 'UTC') and b.probed_at < (($3::date + 1) at time zone 'UTC')`;

const UNBILLED_SQL = `
select (at at time zone 'UTC')::date::text as day, model, named, sum(cost_nano)::text as cost
from (${UNBILLED}) one group by 1, 2, 3 order by 1, 2, 3`;

const CALLS_COST_SQL = `
select coalesce(sum(cost_nano), 0)::text as nano from usage_event
where kind = 'usage' and provider_id = $1 and cost_currency = $4::bpchar
  and recorded_at >= ($2::date at time zone 'UTC') and recorded_at < (($3::date + 1) at time zone 'UTC')`;

type Row = Record<
  | 'quantity'
  | 'cost'
  | 'lines'
  | 'largestQuantity'
  | 'largestCost'
  | 'estimatedQuantity'
  | 'estimatedCost'
  | 'previousQuantity'
  | 'previousCost'
  | 'nextQuantity'
  | 'nextCost'
  | 'otherCurrency',
  string
> & { day: string; model: string; tokenClass: TokenClass };

/** Reads what the books know of a provider's calls, from one unchanging state. */
@Injectable()
export class BookedUsageRepository {
  constructor(private readonly snapshot: Snapshot) {}

  /** The days of the query and one on either side. */
  read(query: BookedQuery): Promise<Booked> {
    const values = [query.providerId, addDays(query.firstDay, -1), addDays(query.lastDay, 1)];
    return this.snapshot.read(async (client) => {
      await client.query(READ_IN_ORDER);
      const usage = await client.query<Row>(USAGE_SQL, [...values, query.currency, query.refs]);
      const unserved = await client.query<Record<keyof UnservedCalls, string>>(UNSERVED_SQL, values);
      const span = [query.providerId, query.firstDay, query.lastDay, query.currency];
      const calls = await client.query<{ nano: string }>(CALLS_COST_SQL, span);
      const unbilled = await readUnbilled(client, [...span, query.refs]);
      const unbilledCostNano = unbilled.reduce((sum, { cost }) => sum + cost, 0n);
      return {
        accruedCostNano: BigInt(calls.rows[0]?.nano ?? '0') + unbilledCostNano,
        unbilledCostNano,
        unbilled: unbilled.filter(({ named }) => !named),
        usage: usage.rows.map(toUsage),
        unserved: unserved.rows.map((row) => ({
          ...row,
          retries: BigInt(row.retries),
          abandoned: BigInt(row.abandoned),
        })),
        calls: query.refs.length === 0 ? [] : await readCalls(client, query),
      };
    });
  }
}

async function readUnbilled(
  client: Client,
  values: unknown[],
): Promise<(UnbilledCosts & { named: boolean })[]> {
  type CostRow = { day: string; model: string; named: boolean; cost: string };
  const { rows } = await client.query<CostRow>(UNBILLED_SQL, values);
  return rows.map((row) => ({ ...row, cost: BigInt(row.cost) }));
}

async function readCalls(client: Client, { providerId, currency, refs }: BookedQuery): Promise<BookedCall[]> {
  type CallRow = Omit<BookedCall, 'classes'> & {
    classes: { tokenClass: TokenClass; quantity: string; costNano: string; sameCurrency: boolean | null }[];
  };
  const { rows } = await client.query<CallRow>(CALLS_SQL, [providerId, currency, refs]);
  return rows.map((row) => ({
    ...row,
    classes: row.classes.map((one) => ({
      tokenClass: one.tokenClass,
      quantity: BigInt(one.quantity),
      costNano: BigInt(one.costNano),
      sameCurrency: one.sameCurrency ?? true,
    })),
  }));
}

const toUsage = (row: Row): BookedUsage => ({
  day: row.day,
  model: row.model,
  tokenClass: row.tokenClass,
  sum: { quantity: BigInt(row.quantity), cost: BigInt(row.cost) },
  lines: BigInt(row.lines),
  largest: { quantity: BigInt(row.largestQuantity), cost: BigInt(row.largestCost) },
  estimated: { quantity: BigInt(row.estimatedQuantity), cost: BigInt(row.estimatedCost) },
  toPrevious: { quantity: BigInt(row.previousQuantity), cost: BigInt(row.previousCost) },
  toNext: { quantity: BigInt(row.nextQuantity), cost: BigInt(row.nextCost) },
  otherCurrency: BigInt(row.otherCurrency),
});
