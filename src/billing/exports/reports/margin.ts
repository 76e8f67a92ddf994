import type { RowSource } from '../copy-statement.js';
import type { ExportColumn } from '../export-column.js';
import { publicIdSql } from '../usage-columns.js';
import type { Slice, UsageFilter } from '../usage-filter.js';
import { USAGE_WITH, usageRowsSql } from '../usage-source.js';
import { id, money, text, time, whole } from './report-columns.js';
import { at, ownersSql, type ReportFilter } from './report-filter.js';

/**
 * What was earned and what it cost, by month (UTC), organization, provider and model. `revenue` is what the ledger earned: paid from
 * bought credit or to be invoiced; promo credit earns nothing, and what is not posted yet stands apart. What the house bore
 * (`absorbed`) and what attempts cost that were charged to nobody are columns of their own and not in `provider_cost`.
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

/** The usage of a slice as rows of the report. */
export function marginUsageSource(legalEntityId: string | undefined) {
  return (filter: UsageFilter, slice: Slice): RowSource => {
    const of = (condition: string) => `coalesce(sum(amount_nano) filter (where ${condition}), 0)`;
    const cost = (condition: string) => `coalesce(sum(cost_nano) filter (where ${condition}), 0)`;
    const owner = legalEntityId === undefined ? '' : ` where legal_entity_id = '${legalEntityId}'`;
    return {
      with: USAGE_WITH,
      from: `(select date_trunc('month', recorded_at, 'UTC') as month, legal_entity_id, legal_entity, organization_id, organization_name,
          provider, model, count(*) as lines, currency::text as currency, cost_currency::text as cost_currency,
          ${of(`funding in ('prepaid_paid', 'postpaid')`)} as revenue, ${of(`funding = 'prepaid_promo'`)} as promo_used,
          ${of('funding is null')} as unposted, coalesce(sum(absorbed_nano), 0) as absorbed,
          ${cost(`funding is distinct from 'absorbed'`)} as provider_cost, ${cost(`funding = 'absorbed'`)} as absorbed_cost,
          0::numeric as unbilled_attempt_cost
        from (${usageRowsSql(filter, slice)}) one${owner}
        group by 1, 2, 3, 4, 5, 6, 7, currency, cost_currency) row`,
      order: ORDER,
    };
  };
}

/**
 * What providers took for attempts that no call was charged for: those that gave way to another, and those of calls that
 * failed. Beside the ledger, which knows what was charged.
 */
export const unbilledAttemptsSource = (filter: ReportFilter): RowSource => ({
  with: '',
  from: `(select date_trunc('month', r.created_at, 'UTC') as month, b.legal_entity_id, l.name as legal_entity, r.organization_id,
      o.name as organization_name, v.slug as provider, r.model_id as model, count(*) as lines, o.currency::text as currency,
      o.currency::text as cost_currency, 0::numeric as revenue, 0::numeric as promo_used, 0::numeric as unposted, 0::numeric as absorbed,
      0::numeric as provider_cost, 0::numeric as absorbed_cost, sum(t.cost_nano) as unbilled_attempt_cost
    from request r join attempt t on t.request_id = r.id join organization o on o.id = r.organization_id
    join provider v on v.id = t.provider_id left join billing_account b on b.organization_id = r.organization_id
    left join legal_entity l on l.id = b.legal_entity_id
    where r.created_at >= ${at(filter.from)} and r.created_at < ${at(filter.to)} and t.cost_nano > 0
      and (t.outcome = 'failed' or not exists (select 1 from usage_event e where e.request_id = r.id and e.kind = 'usage'))
      ${ownersSql(filter, { organization: 'r.organization_id', legalEntity: 'b.legal_entity_id' })}
    group by 1, 2, 3, 4, 5, 6, 7, o.currency) row`,
  order: ORDER,
});
