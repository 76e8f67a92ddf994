import type { RowSource } from '../copy-statement.js';
import type { ExportColumn } from '../export-column.js';
import { publicIdSql } from '../usage-columns.js';
import { id, minorSql, money, text, time, whole } from './report-columns.js';
import { at, ownersSql, type ReportFilter } from './report-filter.js';

/**
 * Every document issued in `[from, to)`, by series and number. A void is a row of its own at the time it happened and a
 * credit note is below zero, so that the sums of any span are what the ledger took up in it. `numbers_missing` is 0; a hole
 * in a series is a row `gap` with how many are missing from its number on. A receipt is of credit that was taxed when it was sold and
 * of no period.
 */
export const INVOICE_REGISTER_COLUMNS: ExportColumn[] = [
  id('document'),
  id('series'),
  whole('number'),
  id('number_text'),
  whole('numbers_missing'),
  time('issued_at'),
  time('due_at'),
  id('status'),
  id('legal_entity_id', publicIdSql('legalEntity', 'legal_entity_id')),
  text('legal_entity'),
  id('org_id', publicIdSql('organization', 'organization_id')),
  text('customer'),
  id('country'),
  text('vat_id'),
  time('period_start'),
  time('period_end'),
  id('original_number'),
  id('currency'),
  money('net'),
  money('tax'),
  money('total'),
  money('prepaid'),
  id('content_sha256'),
];

/** From the documents as issued: customer, country and VAT id are those that were printed. */
export function invoiceRegisterSource(filter: ReportFilter): RowSource {
  const inSpan = (column: string) => `${column} >= ${at(filter.from)} and ${column} < ${at(filter.to)}`;
  const owners = ownersSql(filter, { organization: 'd.organization_id', legalEntity: 'd.legal_entity_id' });
  const buyer = (member: string) => `nullif(d.document::jsonb -> 'buyer' ->> '${member}', '')`;
  const parties = `${buyer('name')} as customer, ${buyer('country')} as country, ${buyer('vat_id')} as vat_id`;
  const amounts = (sign: string, prepaid: string) =>
    ['net_minor', 'tax_minor', 'total_minor'].map((column) => `${sign}${minorSql(column, 'd')}`).join(', ') +
    `, ${sign}${prepaid}`;
  const invoice = (kind: string, issued: string, sign: string, condition: string) => `
    select ${kind} as document, d.series_id, d.number, d.number_text, 0 as numbers_missing, ${issued} as issued_at, d.due_at, d.status,
      d.legal_entity_id, d.organization_id, ${parties}, p.starts_at as period_start, p.ends_at as period_end, null::text as original_number,
      d.currency::text as currency, ${amounts(sign, minorSql('prepaid_minor', 'd'))}, d.content_sha256
    from invoice d left join billing_period p on p.id = d.period_id where ${condition} and ${inSpan(issued)}${owners}`;
  const notes = `
    select 'credit_note', d.series_id, d.number, d.number_text, 0, d.issued_at, null, 'issued', i.legal_entity_id, d.organization_id,
      ${parties}, p.starts_at, p.ends_at, i.number_text, d.currency::text, ${amounts('-', '0')}, d.content_sha256
    from credit_note d join invoice i on i.id = d.invoice_id left join billing_period p on p.id = i.period_id
    where ${inSpan('d.issued_at')}${owners.replaceAll('d.legal_entity_id', 'i.legal_entity_id')}`;
  const columns = `document, series_id, number, number_text, numbers_missing, issued_at, due_at, status, legal_entity_id, organization_id,
    customer, country, vat_id, period_start, period_end, original_number, currency, net, tax, total, prepaid, content_sha256`;
  return {
    with: `with entry (${columns}) as (
      ${invoice('d.kind', 'd.finalized_at', '', `d.status <> 'draft'`)}
      union all ${invoice(`'void'`, 'd.voided_at', '-', `d.status = 'void'`)}
      union all ${notes}
      union all ${gapsSql(filter)})`,
    from: `(select e.*, s.prefix as series, l.name as legal_entity from entry e
      join invoice_series s on s.id = e.series_id join legal_entity l on l.id = e.legal_entity_id) row`,
    order: 'row.series, row.number, row.issued_at, row.document',
  };
}

/** Holes in the numbers of whole series, whatever the span: between two documents, before the first and behind the last. */
function gapsSql({ organizationId, legalEntityId }: ReportFilter): string {
  const owners = ownersSql(
    { from: new Date(0), to: new Date(0), legalEntityId },
    { organization: '', legalEntity: 's.legal_entity_id' },
  );
  return `
    select 'gap', g.series_id, g.first, null, g.next - g.first, null::timestamptz, null::timestamptz, 'missing', g.legal_entity_id, null::uuid,
      null, null, null, null::timestamptz, null::timestamptz, null, null, null::numeric, null::numeric, null::numeric, null::numeric, null
    from (select s.id as series_id, s.legal_entity_id, n.number as next,
        coalesce(lag(n.number) over (partition by s.id order by n.number), 0) + 1 as first
      from invoice_series s join (
        select series_id, number from invoice where number is not null
        union all select series_id, number from credit_note
        union all select id, next_no from invoice_series) n on n.series_id = s.id
      where ${organizationId === undefined}${owners}) g
    where g.next > g.first`;
}
