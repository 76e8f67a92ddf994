import type { RowSource } from '../copy-statement.js';
import type { ExportColumn } from '../export-column.js';
import { literal } from '../usage-filter.js';
import { monthSql, periodAtSql } from './focus-spans.js';
import { focusTime, id, text, type FocusColumn } from './focus-columns.js';

/** The datasets of FOCUS 1.4 beside Cost and Usage. */
export const FOCUS_DATASETS = ['invoice-detail', 'billing-period'] as const;
/** One of them. */
export type FocusDataset = (typeof FOCUS_DATASETS)[number];

/** Which documents and periods: those whose period ends in `(from, to]`; of one organization or of all. */
export interface DatasetFilter {
  from: Date;
  to: Date;
  organizationId?: string | undefined;
}

/** The columns of Invoice Detail, in alphabetical order. */
const INVOICE_DETAIL: FocusColumn[] = [
  { name: 'BilledCost', kind: 'decimal', scale: 9, sql: 'billed', type: 'DECIMAL', wide: true },
  id('BillingAccountId', 'account_id'),
  id('BillingCurrency', 'currency'),
  focusTime('BillingPeriodEnd', 'period_end'),
  focusTime('BillingPeriodStart', 'period_start'),
  id('ChargeCategory', 'category'),
  focusTime('InvoiceDetailCreated', 'issued_at'),
  text('InvoiceDetailDescription', 'description'),
  { ...text('InvoiceDetailGrain', 'grain'), type: 'JSON' },
  id('InvoiceDetailId', 'detail_id'),
  focusTime('InvoiceDetailLastUpdated', 'changed_at'),
  id('InvoiceId', 'invoice_id'),
  focusTime('InvoiceIssueDate', 'issued_at'),
  id('InvoiceIssueStatus', 'status'),
  text('InvoiceIssuerName', 'issuer'),
  id('PaymentCurrency', 'currency'),
  focusTime('PaymentDueDate', 'due_at'),
  id('PaymentTerms', 'terms'),
  text('PurchaseOrderNumber', 'po_number'),
  id('ReferenceInvoiceId', 'reference_id'),
];

const BILLING_PERIOD: FocusColumn[] = [
  focusTime('BillingPeriodCreated', 'created_at'),
  focusTime('BillingPeriodEnd', 'period_end'),
  focusTime('BillingPeriodLastUpdated', 'changed_at'),
  focusTime('BillingPeriodStart', 'period_start'),
  id('BillingPeriodStatus', 'status'),
  text('InvoiceIssuerName', 'issuer'),
];

/** The columns of a dataset, in alphabetical order. */
export const datasetColumns = (dataset: FocusDataset): FocusColumn[] =>
  dataset === 'invoice-detail' ? INVOICE_DETAIL : BILLING_PERIOD;

/** Columns and rows of a dataset. */
export function datasetSource(
  dataset: FocusDataset,
  filter: DatasetFilter,
): { columns: ExportColumn[]; source: RowSource } {
  const source = dataset === 'invoice-detail' ? invoiceDetail(filter) : billingPeriods(filter);
  return { columns: datasetColumns(dataset), source };
}

const ended = ({ from, to, organizationId }: DatasetFilter): string =>
  `p.ends_at > ${literal(from.toISOString())} and p.ends_at <= ${literal(to.toISOString())}` +
  (organizationId === undefined ? '' : ` and p.organization_id = ${literal(organizationId)}`);

/** A receipt is of no period: it counts when it is issued. */
const issued = (receipt: string, { from, to, organizationId }: DatasetFilter): string =>
  `${receipt}.finalized_at > ${literal(from.toISOString())} and ${receipt}.finalized_at <= ${literal(to.toISOString())}` +
  (organizationId === undefined ? '' : ` and ${receipt}.organization_id = ${literal(organizationId)}`);

/** Periods of all organizations that begin and end together and are billed by one issuer are one row. */
const billingPeriods = (filter: DatasetFilter): RowSource => ({
  with: '',
  from: `(select min(p.starts_at) as created_at, p.ends_at as period_end, p.starts_at as period_start,
      coalesce(max(p.closed_at), max(p.closing_at), min(p.starts_at)) as changed_at, e.name as issuer,
      case when bool_and(p.status = 'closed') then 'Closed' else 'Open' end as status
    from billing_period p join billing_account b on b.organization_id = p.organization_id
    join legal_entity e on e.id = b.legal_entity_id
    where ${ended(filter)} group by p.starts_at, p.ends_at, e.name) focus`,
  order: 'focus.period_start, focus.period_end, focus.issuer',
});

/** A row for each line, tax and prepayment of an invoice, and the same of credit notes with the signs turned. */
function invoiceDetail(filter: DatasetFilter): RowSource {
  const document = `
    select i.id, i.number_text as invoice_id, i.number_text as reference_id, i.currency::text, i.minor_exp, i.organization_id,
      i.legal_entity_id, p.starts_at as period_start, p.ends_at as period_end, i.finalized_at as issued_at,
      greatest(i.finalized_at, i.paid_at, i.voided_at) as changed_at, i.due_at, i.net_days,
      case i.status when 'void' then 'Voided' else 'Issued' end as status, 1 as sign, i.prepaid_minor
    from invoice i join billing_period p on p.id = i.period_id where i.status <> 'draft' and ${ended(filter)}
    union all
    select i.id, i.number_text, i.number_text, i.currency::text, i.minor_exp, i.organization_id, i.legal_entity_id,
      ${monthSql('n', 'i.finalized_at')}, i.finalized_at, i.finalized_at, i.due_at, i.net_days, 'Issued', 1, 0
    from invoice i ${periodAtSql('n', 'i.organization_id', 'i.finalized_at')} where i.kind = 'receipt' and ${issued('i', filter)}
    union all
    select c.id, c.number_text, i.number_text, c.currency::text, c.minor_exp, c.organization_id, i.legal_entity_id, p.starts_at,
      p.ends_at, c.issued_at, c.issued_at, null, i.net_days, 'Issued', -1, 0
    from credit_note c join invoice i on i.id = c.invoice_id join billing_period p on p.id = i.period_id where ${ended(filter)}
    union all
    select c.id, c.number_text, i.number_text, c.currency::text, c.minor_exp, c.organization_id, i.legal_entity_id,
      ${monthSql('n', 'i.finalized_at')}, c.issued_at, c.issued_at, null, i.net_days, 'Issued', -1, 0
    from credit_note c join invoice i on i.id = c.invoice_id ${periodAtSql('n', 'i.organization_id', 'i.finalized_at')}
    where i.kind = 'receipt' and ${issued('i', filter)}`;
  const part = `
    select l.invoice_id as id, l.seq::text as part, case l.kind when 'usage' then 'Usage' when 'true_up' then 'Purchase' when 'package' then 'Purchase' when 'credit' then 'Purchase' else 'Credit' end as category, l.description,
      json_strip_nulls(json_build_object('SkuId', l.model_id || '/' || l.token_class, 'x_Line', l.seq))::text as grain, l.amount_minor as minor
    from invoice_line l
    union all
    select l.credit_note_id, l.seq::text, 'Credit', l.description, json_build_object('x_Line', l.seq)::text, l.amount_minor
    from credit_note_line l
    union all
    select t.id, 'tax-' || t.tax_category || '-' || t.tax_rate_ppm, 'Tax', 'Tax ' || t.tax_category,
      json_build_object('x_TaxCategory', t.tax_category, 'x_TaxRatePpm', t.tax_rate_ppm)::text, t.tax_minor
    from (select invoice_id as id, tax_category, tax_rate_ppm, tax_minor from invoice_tax
      union all select credit_note_id, tax_category, tax_rate_ppm, tax_minor from credit_note_tax) t
    union all
    select i.id, 'prepaid', 'Credit', 'Paid from prepaid credit', json_build_object('x_Line', 'prepaid')::text, -i.prepaid_minor
    from invoice i where i.prepaid_minor <> 0`;
  return {
    with: `with document as (${document}), part as (${part})`,
    from: `(select d.*, d.invoice_id || '-' || r.part as detail_id, r.category, r.description, r.grain,
        d.sign * r.minor * power(10::numeric, 9 - d.minor_exp)::bigint as billed, e.name as issuer,
        coalesce(b.id::text, d.organization_id::text) as account_id, nullif(b.po_number, '') as po_number,
        case d.net_days when 0 then 'Due on receipt' else 'Net ' || d.net_days end as terms
      from document d join part r on r.id = d.id join legal_entity e on e.id = d.legal_entity_id
      left join billing_account b on b.organization_id = d.organization_id where r.minor <> 0) focus`,
    order: 'focus.issued_at, focus.invoice_id, focus.detail_id',
  };
}
