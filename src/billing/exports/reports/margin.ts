import { splitByHour, type TimeSpan } from '../../rollup/window.js';
import type { RowSource } from '../copy-statement.js';
import type { ExportColumn } from '../export-column.js';
import { publicIdSql } from '../usage-columns.js';
import { literal } from '../usage-filter.js';
import { id, money, text, time, whole } from './report-columns.js';
import { at, ownersSql, type ReportFilter } from './report-filter.js';

/**
 * What was earned and what it cost, by month (UTC), organization, provider and model. `revenue` is what the ledger earned: paid from
 * bought credit or to be invoiced, and, in rows without provider and model, charged because a period ended (the true-up of a
 * commitment) when its invoice was issued; promo credit earns nothing, and what is not posted yet stands apart. `lines` are priced
 * lines, each a token class of a call, and invoices in rows without model. What the house bore (`absorbed`) and what attempts and test
 * calls cost that were charged to nobody are columns of their own and not in `provider_cost`; the latter stand in rows of their own,
 * and those of test calls name no customer.
 */
export const MARGIN_COLUMNS: ExportColumn[] = [
  time('month', 'month'),
  id('legal_entity_id', publicIdSql('legalEntity', 'legal_entity_id')),
  text('legal_entity'),
  id('org_id', publicIdSql('organization', 'organization_id')),
  text('org_name', 'organization_name'),
  text('provider'),
  text('model'),
  whole('lines'),
  id('currency'),
  money('revenue'),
  money('promo_used'),
  money('unposted'),
  money('absorbed'),
  id('cost_currency'),
  money('provider_cost', 'provider_cost', 'cost_currency'),
  money('absorbed_cost', 'absorbed_cost', 'cost_currency'),
  money('unbilled_attempt_cost', 'unbilled_attempt_cost', 'cost_currency'),
  money('margin', 'case when currency = cost_currency then revenue - provider_cost end'),
  money(
    'margin_after_losses',
    'case when currency = cost_currency then revenue - provider_cost - absorbed_cost - unbilled_attempt_cost end',
  ),
];

const ORDER =
  'row.month, row.legal_entity, row.organization_name, row.organization_id, row.provider, row.model, row.currency, row.lines';

/** What a source below gives of usage; a figure it does not give is 0. */
type Piece = Partial<
  Record<'lines' | 'charged' | 'promo' | 'unposted' | 'absorbed' | 'cost' | 'absorbed_cost', string>
>;
const FIGURES = ['lines', 'charged', 'promo', 'unposted', 'absorbed', 'cost', 'absorbed_cost'] as const;

const pieceSql = (of: { at: string; row: string; currency: string }, piece: Piece, from: string): string =>
  `select ${of.at} as at, ${of.row}.organization_id, ${of.row}.provider_id, ${of.row}.model_id, ${of.currency} as currency,
    ${FIGURES.map((figure) => `(${piece[figure] ?? '0'})::numeric as ${figure}`).join(', ')} from ${from}`;

/** The part of a line's cost that goes with what the house bore of it; the rest, rounded down, goes with what was charged. */
const ABSORBED_COST = `sign(l.amount_nano) * (abs(l.cost_nano)
  - div(abs(l.cost_nano)::numeric * (abs(l.amount_nano) - abs(l.absorbed_nano)), abs(l.amount_nano)))`;

/**
 * Usage of a span out of its rollups; out of single events only what is in none yet, the ends of a span that begins or ends within
 * an hour, and what the house bore.
 */
function piecesSql({ from, to, organizationId }: ReportFilter): string {
  const { hours, edges } = splitByHour({ from, to });
  const within = (column: string, span: TimeSpan) =>
    `${column} >= ${at(span.from)} and ${column} < ${at(span.to)}`;
  const customer = (row: string) =>
    organizationId === undefined ? '' : ` and ${row}.organization_id = ${literal(organizationId)}::uuid`;
  const event = { at: 'e.recorded_at', row: 'e', currency: 'e.currency' };
  const line = 'usage_event e join usage_event_line l on l.event_id = e.id';
  const charged = 'l.amount_nano - l.absorbed_nano';
  const borne = { lines: '1', absorbed: 'l.absorbed_nano', cost: 'l.cost_nano' };
  const rollup = { at: 'r.hour', row: 'r', currency: 'w.currency' };
  const wholeHours = (span: TimeSpan) => [
    pieceSql(
      rollup,
      {
        lines: 'r.lines',
        charged: 'r.amount_nano - r.absorbed_nano',
        absorbed: 'r.absorbed_nano',
        cost: 'r.cost_nano',
      },
      `usage_rollup r join wallet w on w.id = r.wallet_id where ${within('r.hour', span)}${customer('r')}`,
    ),
    pieceSql(
      rollup,
      { promo: 'r.promo_nano' },
      `promo_rollup r join wallet w on w.id = r.wallet_id where ${within('r.hour', span)}${customer('r')}`,
    ),
    pieceSql(
      event,
      { ...borne, unposted: charged },
      `usage_pending q join usage_event e on e.id = q.event_id join usage_event_line l on l.event_id = e.id
        where ${within('e.recorded_at', span)}${customer('e')}`,
    ),
  ];
  const edge = (span: TimeSpan) => [
    pieceSql(
      event,
      {
        ...borne,
        charged: `case when q.event_id is null then ${charged} else 0 end`,
        unposted: `case when q.event_id is null then 0 else ${charged} end`,
      },
      `${line} left join usage_pending q on q.event_id = e.id where ${within('e.recorded_at', span)}${customer('e')}`,
    ),
    pieceSql(
      event,
      { promo: `case e.kind when 'reversal' then -f.amount_nano else f.amount_nano end` },
      `usage_event e join usage_funding f on f.event_id = e.id and f.funding = 'prepaid_promo'
        where ${within('e.recorded_at', span)}${customer('e')}`,
    ),
  ];
  const absorbed = pieceSql(
    event,
    { absorbed_cost: ABSORBED_COST },
    `${line} where e.absorbed_nano <> 0 and l.absorbed_nano <> 0 and ${within('e.recorded_at', { from, to })}${customer('e')}`,
  );
  return [...(hours ? wholeHours(hours) : []), ...edges.flatMap(edge), absorbed].join(' union all ');
}

/** The usage of the report: as many rows as the rollups of its span are read, however many calls they sum up. */
export const marginUsageSource = (filter: ReportFilter): RowSource => ({
  with: `with summed as materialized (
    select date_trunc('month', at, 'UTC') as month, organization_id, provider_id, model_id, currency,
      ${FIGURES.map((figure) => `sum(${figure}) as ${figure}`).join(', ')}
    from (${piecesSql(filter)}) piece group by 1, 2, 3, 4, 5)`,
  from: `(select s.month, b.legal_entity_id, l.name as legal_entity, s.organization_id, o.name as organization_name, v.slug as provider,
      s.model_id as model, s.lines::bigint as lines, s.currency::text as currency, s.currency::text as cost_currency,
      s.charged - s.promo as revenue, s.promo as promo_used, s.unposted, s.absorbed, s.cost - s.absorbed_cost as provider_cost,
      s.absorbed_cost, 0::numeric as unbilled_attempt_cost
    from summed s join organization o on o.id = s.organization_id join provider v on v.id = s.provider_id
    left join billing_account b on b.organization_id = s.organization_id left join legal_entity l on l.id = b.legal_entity_id
    where true${ownersSql(filter, { organization: 's.organization_id', legalEntity: 'b.legal_entity_id' })}) row`,
  order: ORDER,
});

/** No usage: what a row that is only a cost has of it. */
const NO_USAGE = ['revenue', 'promo_used', 'unposted', 'absorbed', 'provider_cost', 'absorbed_cost']
  .map((figure) => `0::numeric as ${figure}`)
  .join(', ');

/** What attempts cost that no call was charged for: those that gave way to another, and those of calls that failed. */
export const unbilledAttemptsSource = (filter: ReportFilter): RowSource => ({
  with: '',
  from: `(select date_trunc('month', u.recorded_at, 'UTC') as month, b.legal_entity_id, l.name as legal_entity, u.organization_id,
      o.name as organization_name, v.slug as provider, u.model_id as model, count(*) as lines, u.currency::text as currency,
      u.currency::text as cost_currency, ${NO_USAGE}, sum(u.cost_nano) as unbilled_attempt_cost
    from unbilled_attempt u join organization o on o.id = u.organization_id join provider v on v.id = u.provider_id
    left join billing_account b on b.organization_id = u.organization_id left join legal_entity l on l.id = b.legal_entity_id
    where u.recorded_at >= ${at(filter.from)} and u.recorded_at < ${at(filter.to)}
      ${ownersSql(filter, { organization: 'u.organization_id', legalEntity: 'b.legal_entity_id' })}
    group by 1, 2, 3, 4, 5, 6, 7, u.currency) row`,
  order: ORDER,
});

/** What the house's own test calls cost: of no customer, in the books of the house's legal entity. */
export const probesSource = (filter: ReportFilter): RowSource => ({
  with: '',
  from: `(select date_trunc('month', p.probed_at, 'UTC') as month, l.id as legal_entity_id, l.name as legal_entity,
      null::uuid as organization_id, null::text as organization_name, v.slug as provider, d.model_id as model, count(*) as lines,
      p.currency::text as currency, p.currency::text as cost_currency, ${NO_USAGE}, sum(p.cost_nano) as unbilled_attempt_cost
    from upstream_probe p join provider v on v.id = p.provider_id join deployment d on d.id = p.deployment_id
    cross join (select id, name from legal_entity order by created_at, id limit 1) l
    where p.cost_nano > 0 and p.probed_at >= ${at(filter.from)} and p.probed_at < ${at(filter.to)}
      ${ownersSql(filter, { organization: 'null::uuid', legalEntity: 'l.id' })}
    group by 1, 2, 3, 6, 7, p.currency) row`,
  order: ORDER,
});

/** What the end of periods added to invoices, in the month in which each was issued; a void takes it off when it happens. */
export function periodEndChargesSource(filter: ReportFilter): RowSource {
  const owners = ownersSql(filter, { organization: 'i.organization_id', legalEntity: 'i.legal_entity_id' });
  const happened = (time: string, sign: string) => `
    select ${time} as at, i.legal_entity_id, i.organization_id, i.currency::text as currency, ${sign}i.period_end_nano as nano
    from invoice i where i.period_end_nano <> 0 and ${time} >= ${at(filter.from)} and ${time} < ${at(filter.to)}${owners}`;
  return {
    with: '',
    from: `(select date_trunc('month', e.at, 'UTC') as month, e.legal_entity_id, l.name as legal_entity, e.organization_id,
        o.name as organization_name, null::text as provider, null::text as model, count(*) as lines, e.currency, e.currency as cost_currency,
        sum(e.nano) as revenue, 0::numeric as promo_used, 0::numeric as unposted, 0::numeric as absorbed, 0::numeric as provider_cost,
        0::numeric as absorbed_cost, 0::numeric as unbilled_attempt_cost
      from (${happened('i.finalized_at', '')} union all ${happened('i.voided_at', '-')}) e
      join organization o on o.id = e.organization_id join legal_entity l on l.id = e.legal_entity_id
      group by 1, 2, 3, 4, 5, e.currency) row`,
    order: ORDER,
  };
}
