import type { RowSource } from '../copy-statement.js';
import type { ExportColumn } from '../export-column.js';
import { publicIdSql } from '../usage-columns.js';
import { id, money, text, time } from './report-columns.js';
import { at, ownersSql, type ReportFilter } from './report-filter.js';

/**
 * Why the liability moved: kinds of ledger transactions by column. What no column names is in `other`, so that opening and
 * movements are the closing balance whatever is posted.
 */
const MOVEMENTS: Readonly<Record<string, string>> = {
  top_ups: `kind in ('credit_paid', 'top_up')`,
  goodwill: `kind = 'credit_goodwill'`,
  recognized: `kind = 'usage' and nano < 0`,
  restored: `kind = 'usage' and nano > 0`,
  refunds: `kind in ('refund', 'refund_failed')`,
  disputes: `kind in ('dispute', 'dispute_won')`,
  breakage: `kind = 'credit_expired' and is_breakage`,
  goodwill_withdrawn: `kind in ('credit_expired', 'credit_revoked') and not is_breakage`,
};

const NAMED = Object.values(MOVEMENTS).map((condition) => `(${condition})`);

/**
 * Contract-liability roll-forward: what is owed to customers in service at the start, why it moved in `[from, to)` and
 * what is owed at the end; one row for each legal entity and currency. Additions are above zero, what was used up below.
 */
export const CONTRACT_LIABILITY_COLUMNS: ExportColumn[] = [
  time('period_start'),
  time('period_end'),
  id('legal_entity_id', publicIdSql('legalEntity', 'legal_entity_id')),
  text('legal_entity'),
  id('currency'),
  money('opening'),
  ...Object.keys(MOVEMENTS).map((name) => money(name)),
  money('other'),
  money('closing'),
];

/** Straight from the entries of the accounts `deferred_revenue`; a credit of the ledger is a liability above zero. */
export function contractLiabilitySource(filter: ReportFilter): RowSource {
  const inSpan = `effective_at >= ${at(filter.from)}`;
  const sums = Object.entries(MOVEMENTS).map(
    ([name, condition]) => `coalesce(sum(nano) filter (where ${inSpan} and ${condition}), 0) as "${name}"`,
  );
  return {
    with: `with move as (
      select a.legal_entity_id, a.currency::text as currency, t.kind, t.effective_at, -e.amount_nano::numeric as nano,
        t.kind = 'credit_expired' and exists (select 1 from ledger_entry b join ledger_account c on c.id = b.account_id
          where b.transaction_id = t.id and c.kind = 'breakage_revenue') as is_breakage
      from ledger_account a join ledger_entry e on e.account_id = a.id join ledger_transaction t on t.id = e.transaction_id
      where a.kind = 'deferred_revenue' and t.effective_at < ${at(filter.to)}
        ${ownersSql(filter, { organization: 't.organization_id', legalEntity: 'a.legal_entity_id' })})`,
    from: `(select ${at(filter.from)} as period_start, ${at(filter.to)} as period_end, m.legal_entity_id, l.name as legal_entity,
        m.currency, coalesce(sum(nano) filter (where not (${inSpan})), 0) as opening, ${sums.join(', ')},
        coalesce(sum(nano) filter (where ${inSpan} and not (${NAMED.join(' or ')})), 0) as other, sum(nano) as closing
      from move m join legal_entity l on l.id = m.legal_entity_id group by m.legal_entity_id, l.name, m.currency) row`,
    order: 'row.legal_entity, row.legal_entity_id, row.currency',
  };
}
