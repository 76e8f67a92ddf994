import { filterSql, sliceSql, type Granularity, type Slice, type UsageFilter } from './usage-filter.js';

/**
 * The rows of usage as SQL: one event, one token class, one source of money. An event's promo credit pays its first
 * lines and what no credit paid are its last ones; a line in which the money changes is cut there. Amounts of the parts
 * add up to the line exactly; quantity and cost are divided in proportion, in whole units, and add up too. Everything
 * of a reversal is negative. Usage that is not yet posted has no funding: who pays it is not known.
 */
export function usageRowsSql(filter: UsageFilter, slice: Slice): string {
  return `select u.event_id, u.request_id, u.kind, u.reverses_id, u.original_at, u.is_correction, u.occurred_at, u.recorded_at,
  u.period_start, u.period_end, u.organization_id, o.name as organization_name, b.id as billing_account_id,
  t.id as legal_entity_id, t.name as legal_entity, u.project_id, j.name as project_name, j.cost_center, j.tags, u.key_id, k.name as key_name, r.end_user,
  v.slug as provider, v.name as provider_name, r.model_requested, u.model, d.region, u.currency, u.cost_currency, u.estimated,
  r.http_status, r.streamed, u.token_class, h.service_tier, u.price_version_id, u.unit_price_pico,
  coalesce(own_list.unit_price_pico, any_list.unit_price_pico, u.unit_price_pico) as list_unit_price_pico,
  case when s.nano = u.whole then u.quantity else u.sign * (div(abs(u.quantity)::numeric * (s.before + s.nano), u.whole)
    - div(abs(u.quantity)::numeric * s.before, u.whole)) end as quantity,
  case when s.nano = u.whole then u.cost_nano else u.sign * (div(abs(u.cost_nano)::numeric * (s.before + s.nano), u.whole)
    - div(abs(u.cost_nano)::numeric * s.before, u.whole)) end as cost_nano,
  case s.funding when 'absorbed' then 0 else u.sign * s.nano end as amount_nano,
  case s.funding when 'absorbed' then u.sign * s.nano else 0 end as absorbed_nano,
  nullif(s.funding, '') as funding, i.number_text as invoice_number, m.seq as invoice_line, c.number_text as credit_note_number,
  1::bigint as lines, s.place
from (${fundedLinesSql(filter, slice)}) u
cross join lateral (values
  (1, 'prepaid_promo', u.promo, 0::bigint, u.promo > 0),
  (2, 'prepaid_paid', u.paid, u.promo, u.paid > 0 or (u.posted and u.whole = 0)),
  (3, 'postpaid', u.postpaid, u.promo + u.paid, u.postpaid > 0),
  (4, '', u.unposted, 0::bigint, u.unposted > 0 or (not u.posted and u.whole = 0)),
  (5, 'absorbed', u.absorbed, u.whole - u.absorbed, u.absorbed > 0)) s(place, funding, nano, before, is_there)
join organization o on o.id = u.organization_id
join project_row j on j.id = u.project_id
join api_key k on k.id = u.key_id
join provider v on v.id = u.provider_id
left join billing_account b on b.organization_id = u.organization_id
left join legal_entity t on t.id = b.legal_entity_id
left join request r on r.id = u.request_id
left join deployment d on d.id = r.deployment_id
left join invoice_line_rollup m on m.wallet_id = u.wallet_id and m.period_id = u.period_id and m.hour = u.hour
  and m.project_id = u.project_id and m.api_key_id = u.key_id and m.provider_id = u.provider_id and m.model_id = u.model
  and m.token_class = u.token_class and m.price_version_id = u.price_version_id
left join invoice i on i.id = m.invoice_id and i.status in ('finalized', 'paid', 'uncollectible')
left join credited_reversal g on g.event_id = u.event_id
left join credit_note c on c.id = g.credit_note_id
left join price_tier h on h.id = u.price_version_id
left join contract_list own_list on own_list.id = u.price_version_id and own_list.provider_id = u.provider_id
  and own_list.valid @> u.priced_at
left join contract_list any_list on any_list.id = u.price_version_id and any_list.provider_id is null
  and any_list.valid @> u.priced_at
where s.is_there`;
}

/** Small tables that rows are joined with; each is read once. */
export const USAGE_WITH = `with project_row as materialized (
  select id, name, tags ->> 'cost_center' as cost_center, tags::text as tags from project),
price_tier as materialized (
  select p.id, q.service_tier from price_version p join sku q on q.id = p.sku_id),
contract_list as materialized (
  select p.id, t.provider_id, w.valid, w.unit_price_pico
  from price_version p join sku q on q.id = p.sku_id and q.organization_id is not null
  join sku t on t.kind = 'list' and t.organization_id is null and t.model_id = q.model_id and t.token_class = q.token_class
    and t.tier_from = q.tier_from and t.service_tier = q.service_tier and t.currency = q.currency and t.multiplier_ppm = q.multiplier_ppm
  join price_version w on w.sku_id = t.id)`;

/** Lines with what of each is paid how ("offset 0": computed once, not wherever it is named); all parts are ≥ 0, `sign` tells a reversal. */
function fundedLinesSql(filter: UsageFilter, slice: Slice): string {
  return `select l.*, case when l.posted then greatest(0, least(l.promo_nano, l.start + l.charged) - l.start) else 0 end as promo,
    case when l.posted then greatest(0, least(l.paid_to, l.start + l.charged) - greatest(l.promo_nano, l.start)) else 0 end as paid,
    case when l.posted then greatest(0, l.start + l.charged - greatest(l.paid_to, l.start)) else 0 end as postpaid,
    case when l.posted then 0 else l.charged end as unposted, l.charged + l.absorbed as whole
  from (
    select e.id as event_id, e.request_id, e.kind, e.reverses_id, e.occurred_at, e.recorded_at, e.priced_at, e.period_id,
      p.starts_at as period_start, p.ends_at as period_end, x.recorded_at as original_at,
      coalesce(x.period_id <> e.period_id, false) as is_correction,
      e.organization_id, e.wallet_id, e.project_id, e.api_key_id as key_id, e.provider_id, e.model_id as model, e.currency,
      e.cost_currency, e.estimated, date_trunc('hour', e.recorded_at, 'UTC') as hour, z.event_id is null as posted,
      y.token_class, y.price_version_id, y.quantity, y.unit_price_pico, y.cost_nano,
      case e.kind when 'reversal' then -1 else 1 end as sign, abs(y.amount_nano - y.absorbed_nano) as charged,
      abs(y.absorbed_nano) as absorbed, coalesce(f.amount_nano, 0) as promo_nano,
      abs(e.amount_nano) - coalesce(g.amount_nano, 0) as paid_to,
      coalesce(sum(abs(y.amount_nano - y.absorbed_nano)) over (partition by e.recorded_at, e.id
        order by y.token_class, y.price_version_id rows between unbounded preceding and 1 preceding), 0)::bigint as start
    from usage_event e
    join usage_event_line y on y.event_id = e.id
    join billing_period p on p.id = e.period_id
    left join usage_event x on x.id = coalesce(e.reverses_id, e.corrects_id)
    left join usage_pending z on z.event_id = e.id
    left join usage_funding f on f.event_id = e.id and f.funding = 'prepaid_promo'
    left join usage_funding g on g.event_id = e.id and g.funding = 'postpaid'
    where ${filterSql(filter)} and ${sliceSql(slice)}) l offset 0`;
}

/** Fields that stay as they are when rows of a day or month are summed up. */
const GROUP_FIELDS = [
  'kind',
  'period_start',
  'period_end',
  'organization_id',
  'organization_name',
  'billing_account_id',
  'legal_entity',
  'project_id',
  'project_name',
  'cost_center',
  'tags',
  'key_id',
  'key_name',
  'provider',
  'provider_name',
  'model',
  'region',
  'currency',
  'cost_currency',
  'token_class',
  'service_tier',
  'price_version_id',
  'unit_price_pico',
  'list_unit_price_pico',
  'funding',
  'place',
  'invoice_number',
  'invoice_line',
  'credit_note_number',
  'is_correction',
].join(', ');

/** The place of a row among its event's. */
const ROW_ORDER = 'row.recorded_at, row.event_id, row.token_class, row.price_version_id, row.place';

/** The order of sums: of the day or month, then of what tells them apart. */
const SUM_ORDER = `row.recorded_at, row.organization_id, row.key_id, row.model, row.token_class, row.price_version_id, row.kind, row.place,
  row.provider, row.invoice_number, row.period_start`;

/**
 * The source of a report's columns, in order. A sum of a day or month has its first instant as `recorded_at`, what the
 * original's was as `original_at`, and none of the fields of single calls.
 */
export function usageSource(
  granularity: Granularity,
  filter: UsageFilter,
  slice: Slice,
): { from: string; order: string } {
  const rows = usageRowsSql(filter, slice);
  if (granularity === 'request') return { from: `(${rows}) row`, order: ROW_ORDER };
  const from = `(select ${GROUP_FIELDS}, date_trunc('${granularity}', recorded_at, 'UTC') as recorded_at,
    date_trunc('${granularity}', original_at, 'UTC') as original_at, sum(quantity) as quantity, sum(amount_nano) as amount_nano,
    sum(absorbed_nano) as absorbed_nano, sum(cost_nano) as cost_nano, sum(lines) as lines, bool_or(estimated) as estimated,
    null::uuid as event_id, null::uuid as request_id, null::text as end_user, null::text as model_requested
    from (${rows}) one group by ${GROUP_FIELDS}, 
    date_trunc('${granularity}', recorded_at, 'UTC'), date_trunc('${granularity}', original_at, 'UTC')) row`;
  return {
    from,
    order: SUM_ORDER,
  };
}
