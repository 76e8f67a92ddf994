import type { RowSource } from '../copy-statement.js';
import { literal, type UsageFilter } from '../usage-filter.js';
import { monthSql, periodAtSql, secondSql } from './focus-spans.js';

/** What of a document is said the same way in each of its rows. */
const DOCUMENT_FIELDS = `null::numeric as contracted_unit, null::numeric as list_unit, account_id, account_name, null::text as sub_id,
  null::text as sub_name, currency, period_start, period_end, charge_start, charge_end`;
const NO_USAGE = `null::numeric as consumed, null::numeric as quantity, null::text as unit`;
const TAIL = (
  funding: string,
) => `issuer as host, issuer, invoice_id, detail_id, null::text as tags, null::text as model,
  null::text as token_class, null::bigint as requests, ${funding} as funding, null::text as price_version, null::boolean as estimated,
  null::text as key_id, null::text as key_name, null::text as consumer, charge_start as row_at, null::uuid as event_id,
  category as kind`;

/** Documents with their parties, credits given by hand and credit bought, as common table expressions. */
function chargesSql(filter: UsageFilter): string {
  const [from, to] = [literal(filter.from.toISOString()), literal(filter.to.toISOString())];
  const of = (column: string) =>
    filter.organizationId === undefined ? '' : ` and ${column} = ${literal(filter.organizationId)}`;
  return `document as (
    select i.id, i.number_text as invoice_id, i.currency::text, power(10::numeric, 9 - i.minor_exp)::bigint as minor, i.organization_id,
      i.legal_entity_id, p.starts_at as period_start, p.ends_at as period_end, p.starts_at as charge_start, p.ends_at as charge_end,
      (i.net_minor - i.prepaid_minor) * power(10::numeric, 9 - i.minor_exp)::bigint - i.usage_nano - i.period_end_nano as rounding, 1 as sign, null::text as class,
      i.kind = 'invoice' as always, false as is_sale
    from invoice i join billing_period p on p.id = i.period_id
    where i.status in ('finalized', 'paid', 'uncollectible') and p.ends_at > ${from} and p.ends_at <= ${to}${of('i.organization_id')}
    union all
    select i.id, i.number_text, i.currency::text, power(10::numeric, 9 - i.minor_exp)::bigint, i.organization_id, i.legal_entity_id,
      ${monthSql('n', 'g.created_at')}, ${secondSql('g.created_at')},
      i.net_minor * power(10::numeric, 9 - i.minor_exp)::bigint - g.amount_nano, 1, null, false, true
    from invoice i join credit_grant g on g.id = i.grant_id ${periodAtSql('n', 'i.organization_id', 'g.created_at')}
    where g.created_at >= ${from} and g.created_at < ${to}${of('i.organization_id')}
    union all
    select c.id, c.number_text, c.currency::text, power(10::numeric, 9 - c.minor_exp)::bigint, c.organization_id, i.legal_entity_id,
      ${monthSql('n', 'c.issued_at')}, coalesce(p.starts_at, date_trunc('second', i.finalized_at)),
      coalesce(p.ends_at, date_trunc('second', i.finalized_at) + interval '1 second'), -(c.net_minor * power(10::numeric, 9 - c.minor_exp)::bigint - c.usage_nano - c.period_end_nano), -1, 'Correction', true, i.kind = 'receipt'
    from credit_note c join invoice i on i.id = c.invoice_id left join billing_period p on p.id = i.period_id
    ${periodAtSql('n', 'c.organization_id', 'c.issued_at')}
    where c.issued_at > ${from} and c.issued_at <= ${to}${of('c.organization_id')}),
  tax as (
    select invoice_id as id, tax_category, tax_rate_ppm, tax_minor from invoice_tax
    union all select credit_note_id, tax_category, tax_rate_ppm, tax_minor from credit_note_tax),
  named as (
    select d.*, coalesce(b.id::text, o.id::text) as account_id, o.name as account_name, e.name as issuer
    from document d join organization o on o.id = d.organization_id join legal_entity e on e.id = d.legal_entity_id
    left join billing_account b on b.organization_id = o.id),
  given as (
    select n.*, l.seq, l.description as line, l.amount_nano from named n join credit_note c on c.id = n.id
    join credit_note_line l on l.credit_note_id = c.id where c.correction_id is null),
  topped as (
    select n.*, l.seq, l.description as line, l.amount_nano::numeric as nano,
      case l.kind when 'true_up' then 'minimum-commitment' else 'started-packages' end as sku,
      case l.kind when 'true_up' then 'Minimum Commitment' else 'Started Packages' end as service from named n join invoice_line l on l.invoice_id = n.id
    where l.kind in ('true_up', 'package')),
  bought as (
    select g.id, i.number_text as invoice_id, i.number_text || '-1' as detail_id, w.currency::text, g.amount_nano, g.created_at,
      coalesce(b.id::text, o.id::text) as account_id, o.name as account_name, coalesce(e.name, 'Faregate operator') as issuer,
      ${monthSql('p', 'g.created_at', ['period_start', 'period_end'])}, ${secondSql('g.created_at', ['charge_start', 'charge_end'])}
    from credit_grant g join wallet w on w.id = g.wallet_id join organization o on o.id = g.organization_id
    left join billing_account b on b.organization_id = o.id left join legal_entity e on e.id = b.legal_entity_id
    left join invoice i on i.grant_id = g.id ${periodAtSql('p', 'o.id', 'g.created_at')}
    where g.kind = 'paid' and g.created_at >= ${from} and g.created_at < ${to}${of('g.organization_id')})`;
}

/** SQL of rows that are about a document and no usage. */
const documentRow = (source: string, nano: string, category: string, description: string, detail: string) => `
    select ${nano} as billed, case when is_sale then 0 else ${nano} end as effective, (${nano}) * 1000 as contracted, (${nano}) * 1000 as listed, ${DOCUMENT_FIELDS},
      '${category}' as category, class, ${description} as description, 'One-Time' as frequency, ${NO_USAGE}, null::text as sku_id,
      null::text as meter, null::text as sku_price_id, null::text as sku_details, null::text as pricing_category,
      'Billing' as service_name, ${TAIL('null::text')}
    from (select s.*, ${detail} as detail_id, '${category}' as category from ${source} s) s`;

/**
 * Charges that are no usage: taxes and the rounding of each invoice and credit note, credits given by hand, credit
 * bought in advance, and what the end of a period adds (true-ups, the rest of packages), which pays for no charge to come.
 * Documents count when their period ends (a credit note: when it is issued) in the span `(from, to]`, top-ups and their receipts when they are made in
 * `[from, to)`. Credit for later use costs nothing in effect, and neither does its tax.
 */
export function focusDocumentRows(filter: UsageFilter): RowSource {
  const rows = [
    documentRow(
      '(select n.*, t.tax_category, t.tax_rate_ppm, t.tax_minor from named n join tax t on t.id = n.id where t.tax_minor <> 0)',
      'sign * tax_minor * minor',
      'Tax',
      `'Tax ' || tax_category || ' ' || trim_scale(tax_rate_ppm * 0.0001)::text || ' %'`,
      `invoice_id || '-tax-' || tax_category || '-' || tax_rate_ppm`,
    ),
    documentRow(
      `(select * from named where always or rounding <> 0)`,
      'rounding',
      'Adjustment',
      `'Rounding'`,
      `invoice_id || '-rounding'`,
    ),
    documentRow('given', '-amount_nano', 'Credit', 'line', `invoice_id || '-' || seq`),
    `select nano as billed, nano as effective, nano * 1000 as contracted, nano * 1000 as listed, nano * 1000 as contracted_unit,
      nano * 1000 as list_unit, account_id, account_name, null::text as sub_id, null::text as sub_name, currency, period_start, period_end,
      charge_start, charge_end, 'Purchase' as category, class, line as description, 'Recurring' as frequency,
      null::numeric as consumed, 1::numeric as quantity, 'Units' as unit, sku as sku_id, null::text as meter,
      sku || '-' || currency as sku_price_id, null::text as sku_details, 'Standard' as pricing_category,
      service as service_name, ${TAIL('null::text')}
    from (select *, 'Purchase' as category, invoice_id || '-' || seq as detail_id from topped) topped`,
    `select amount_nano::numeric as billed, 0 as effective, amount_nano * 1000::numeric as contracted, amount_nano * 1000::numeric as listed,
      amount_nano * 1000::numeric as contracted_unit, amount_nano * 1000::numeric as list_unit, account_id, account_name,
      null::text as sub_id, null::text as sub_name, currency, period_start, period_end, charge_start, charge_end,
      'Purchase' as category, null::text as class, 'Prepaid credit' as description, 'One-Time' as frequency,
      null::numeric as consumed, 1::numeric as quantity, 'Units' as unit, 'prepaid-credit' as sku_id, null::text as meter,
      'prepaid-credit-' || currency as sku_price_id, null::text as sku_details, 'Standard' as pricing_category,
      'Prepaid Credit' as service_name, ${TAIL(`'prepaid_paid'`)}
    from (select *, 'Purchase' as category from bought) bought`,
  ];
  return {
    with: `with ${chargesSql(filter)}`,
    from: `(${rows.join('\n union all ')}) focus`,
    order: 'focus.row_at, focus.invoice_id, focus.category, focus.detail_id, focus.billed',
  };
}
