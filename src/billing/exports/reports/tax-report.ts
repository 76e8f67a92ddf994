import type { RowSource } from '../copy-statement.js';
import type { ExportColumn } from '../export-column.js';
import { publicIdSql } from '../usage-columns.js';
import { id, minorSql, money, text, time, whole } from './report-columns.js';
import { at, ownersSql, type ReportFilter } from './report-filter.js';

/** Code list of EN 16931 (UNTDID 5305) in words. */
const REGIME_SQL = `case tax_category when 'S' then 'standard rate' when 'Z' then 'zero rate' when 'AE' then 'reverse charge'
  when 'G' then 'export' when 'O' then 'outside the scope' when 'E' then 'exempt' else tax_category end`;

/**
 * Base and tax of the documents issued in `[from, to)`, one row for each seller, country, regime, rate and currency. Credit
 * notes and voids are taken off when they happen.
 */
export const TAX_COLUMNS: ExportColumn[] = [
  time('period_start'),
  time('period_end'),
  id('legal_entity_id', publicIdSql('legalEntity', 'legal_entity_id')),
  text('legal_entity'),
  id('jurisdiction'),
  id('category', 'tax_category'),
  id('regime', REGIME_SQL),
  { name: 'rate_percent', kind: 'decimal', scale: 4, sql: 'tax_rate_ppm' },
  id('currency'),
  whole('documents'),
  whole('credit_notes'),
  whole('voids'),
  money('base'),
  money('tax'),
];

/** Of an invoice, statement or receipt `i`. */
const TAX_POINT = `coalesce((select b.ends_at - interval '1 microsecond' from billing_period b where b.id = i.period_id), i.finalized_at)`;

/**
 * A standard or zero rate is that of the customer's country where the seller is registered for it, else the seller's own; what is
 * not charged belongs to the customer's country. Both countries are those printed on the document, and the registrations those
 * of its tax point: the end of its period, the sale of credit, that of the invoice for a credit note.
 */
export function taxSource(filter: ReportFilter): RowSource {
  const owners = ownersSql(filter, { organization: 'i.organization_id', legalEntity: 'i.legal_entity_id' });
  const inSpan = (column: string) => `${column} >= ${at(filter.from)} and ${column} < ${at(filter.to)}`;
  const row = (kind: string, sign: string, document: string) =>
    `select '${kind}' as kind, i.legal_entity_id, ${TAX_POINT} as taxed_at, d.document::jsonb as issued, d.currency::text as currency, x.tax_category, x.tax_rate_ppm,
      ${sign}${minorSql('base_minor', 'x')} as base, ${sign}${minorSql('tax_minor', 'x')} as tax ${document}`;
  const ofInvoice = `from invoice i join invoice d on d.id = i.id
    cross join lateral (select t.*, i.minor_exp from invoice_tax t where t.invoice_id = i.id) x`;
  const entries = [
    `${row('document', '', ofInvoice)} where i.status <> 'draft' and ${inSpan('i.finalized_at')}${owners}`,
    `${row('void', '-', ofInvoice)} where i.status = 'void' and ${inSpan('i.voided_at')}${owners}`,
    `${row(
      'credit_note',
      '-',
      `from credit_note d join invoice i on i.id = d.invoice_id
       cross join lateral (select t.*, d.minor_exp from credit_note_tax t where t.credit_note_id = d.id) x`,
    )} where ${inSpan('d.issued_at')}${owners}`,
  ];
  const count = (kind: string) => `count(*) filter (where kind = '${kind}')`;
  return {
    with: `with taxed as (${entries.join(' union all ')}),
      placed as (
        select t.*, nullif(issued -> 'seller' ->> 'country', '') as seller, nullif(issued -> 'buyer' ->> 'country', '') as buyer from taxed t),
      judged as (
        select p.*, case when tax_category not in ('S', 'Z') then coalesce(buyer, seller)
          when (select r.rates ? p.buyer from legal_entity_tax r where r.legal_entity_id = p.legal_entity_id and r.valid_from <= p.taxed_at
            order by r.valid_from desc limit 1) then buyer
          else seller end as jurisdiction from placed p)`,
    from: `(select ${at(filter.from)} as period_start, ${at(filter.to)} as period_end, j.legal_entity_id, l.name as legal_entity,
        j.jurisdiction, j.tax_category, j.tax_rate_ppm, j.currency, ${count('document')} as documents,
        ${count('credit_note')} as credit_notes, ${count('void')} as voids, sum(j.base) as base, sum(j.tax) as tax
      from judged j join legal_entity l on l.id = j.legal_entity_id
      group by j.legal_entity_id, l.name, j.jurisdiction, j.tax_category, j.tax_rate_ppm, j.currency) row`,
    order:
      'row.legal_entity, row.legal_entity_id, row.jurisdiction, row.tax_category, row.tax_rate_ppm, row.currency',
  };
}
