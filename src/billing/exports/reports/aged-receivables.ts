import type { RowSource } from '../copy-statement.js';
import type { ExportColumn } from '../export-column.js';
import { publicIdSql } from '../usage-columns.js';
import { id, minorSql, money, text, time, whole } from './report-columns.js';
import { at, ownersSql, type ReportFilter } from './report-filter.js';

/** How many days past due each bucket goes; null: without end. */
const BUCKETS: readonly [name: string, from: number, to: number | null][] = [
  ['days_1_30', 1, 30],
  ['days_31_60', 31, 60],
  ['days_61_90', 61, 90],
  ['days_over_90', 91, null],
];

/**
 * What customers owe at an instant, one row for each document that is not paid in full: invoices, credit notes that nothing
 * was paid with yet (below zero), and debts of refunds and disputes. A day past due has begun; what is not due is current.
 */
export const AGED_RECEIVABLES_COLUMNS: ExportColumn[] = [
  time('as_of'),
  id('legal_entity_id', publicIdSql('legalEntity', 'legal_entity_id')),
  text('legal_entity'),
  id('org_id', publicIdSql('organization', 'organization_id')),
  text('org_name'),
  id('document'),
  id('number'),
  time('issued_at'),
  time('due_at'),
  whole('days_overdue'),
  id('currency'),
  money('open'),
  money('current', 'case when days_overdue = 0 then open end'),
  ...BUCKETS.map(([name, from, to]) =>
    money(
      name,
      `case when days_overdue >= ${from}${to === null ? '' : ` and days_overdue <= ${to}`} then open end`,
    ),
  ),
];

/**
 * The documents' own state at the instant, from when each was issued, paid, applied and voided. Debts have no document: what the
 * ledger says of them belongs to the newest, because the oldest is paid first. The sum is the accounts `receivable` and
 * `receivable_usage`.
 */
export function agedReceivablesSource(filter: ReportFilter): RowSource {
  const asOf = at(filter.to);
  const owners = ownersSql(filter, { organization: 'd.organization_id', legalEntity: 'd.legal_entity_id' });
  const used = (of: string) =>
    `coalesce((select sum(c.amount_minor) from credit_application c where c.${of} = d.id and c.at < ${asOf}), 0)`;
  const invoices = `
    select 'invoice' as document, d.number_text as number, d.organization_id, d.legal_entity_id, d.currency::text as currency,
      d.finalized_at as issued_at, d.due_at, (d.total_minor - d.prepaid_minor - ${used('invoice_id')}
        - coalesce((select sum(p.amount_minor) from invoice_payment p where p.invoice_id = d.id and p.received_at < ${asOf}), 0))
        * power(10::numeric, 9 - d.minor_exp)::bigint as open
    from invoice d where d.status <> 'draft' and d.finalized_at < ${asOf} and (d.voided_at is null or d.voided_at >= ${asOf})
      and (d.written_off_at is null or d.written_off_at >= ${asOf})`;
  const notes = `
    select 'credit_note', d.number_text, d.organization_id, i.legal_entity_id, d.currency::text, d.issued_at, d.issued_at,
      -(${minorSql('total_minor', 'd')} - ${used('credit_note_id')} * power(10::numeric, 9 - d.minor_exp)::bigint)
    from credit_note d join invoice i on i.id = d.invoice_id where d.issued_at < ${asOf} and d.claw_back_id is null`;
  const debts = `
    select case when c.refund_id is null then 'dispute' else 'refund' end, null::text, c.organization_id, b.legal_entity_id, b.currency,
      c.created_at, c.created_at, least(c.receivable_nano, greatest(0, b.nano - c.newer))
    from (select c.*, coalesce(sum(c.receivable_nano) over (partition by c.wallet_id order by c.created_at desc, c.id desc
        rows between unbounded preceding and 1 preceding), 0) as newer
      from claw_back c where c.created_at < ${asOf} and c.receivable_nano > 0) c
    join debt b on b.wallet_id = c.wallet_id`;
  return {
    with: `with debt as (
      select a.wallet_id, a.legal_entity_id, a.currency::text as currency, sum(e.amount_nano) as nano
      from ledger_account a join ledger_entry e on e.account_id = a.id join ledger_transaction t on t.id = e.transaction_id
      where a.kind = 'receivable' and t.effective_at < ${asOf}
        and t.kind not in ('invoice', 'invoice_void', 'invoice_paid', 'invoice_written_off', 'credit_note')
      group by a.wallet_id, a.legal_entity_id, a.currency having sum(e.amount_nano) <> 0)`,
    from: `(select ${asOf} as as_of, d.*, l.name as legal_entity, o.name as org_name,
        case when d.document = 'credit_note' then 0
          else greatest(0, ceil(extract(epoch from ${asOf} - d.due_at) / 86400))::int end as days_overdue
      from (${invoices} union all ${notes} union all ${debts}) d
      join legal_entity l on l.id = d.legal_entity_id join organization o on o.id = d.organization_id
      where d.open <> 0${owners}) row`,
    order: 'row.legal_entity, row.org_name, row.organization_id, row.issued_at, row.number, row.open',
  };
}
