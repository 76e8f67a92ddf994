import type { Check } from './check.js';

/** Nano-units in a minor unit of the row's currency. */
const UNIT = 'power(10::numeric, 9 - i.minor_exp)';

/** What must hold of invoices, their numbers, their tax and their credit notes. */
export const INVOICE_CHECKS: Check[] = [
  {
    id: 'I15',
    title: 'the net of an invoice is the sum of its lines, its tax the sum of its tax groups',
    sql: `select i.id::text as id from invoice i
          where i.net_minor <> (select coalesce(sum(l.amount_minor), 0) from invoice_line l where l.invoice_id = i.id)
            or i.tax_minor <> (select coalesce(sum(t.tax_minor), 0) from invoice_tax t where t.invoice_id = i.id)`,
  },
  {
    id: 'I16',
    title: 'the tax of a group is its base times its rate, rounded once, and its base the lines of that rate',
    sql: `select concat_ws('|', t.invoice_id, t.tax_category, t.tax_rate_ppm) as id from invoice_tax t
          where t.tax_minor <> round(t.base_minor * t.tax_rate_ppm::numeric / 1000000)
            or t.base_minor <> (select coalesce(sum(l.amount_minor), 0) from invoice_line l
                                where (l.invoice_id, l.tax_category, l.tax_rate_ppm) = (t.invoice_id, t.tax_category, t.tax_rate_ppm))`,
  },
  {
    id: 'I17',
    title: 'a tax group rounds its exact sum once, and no line is off by a minor unit',
    sql: `select concat_ws('|', i.id, l.tax_category, l.tax_rate_ppm) as id from invoice_line l join invoice i on i.id = l.invoice_id
          group by i.id, i.minor_exp, l.tax_category, l.tax_rate_ppm
          having sum(l.amount_minor) <> round(sum(l.amount_nano) / ${UNIT})
            or bool_or(abs(l.amount_minor * ${UNIT} - l.amount_nano) >= ${UNIT})`,
  },
  {
    id: 'I18',
    title: 'a usage line is the sum of the rollups it bills',
    sql: `select concat_ws('|', l.invoice_id, l.seq) as id from invoice_line l join invoice i on i.id = l.invoice_id
            left join invoice_line_rollup m on (m.invoice_id, m.seq) = (l.invoice_id, l.seq)
            left join usage_rollup r
              on (r.wallet_id, r.period_id, r.hour, r.project_id, r.api_key_id, r.provider_id, r.model_id, r.token_class, r.price_version_id)
               = (m.wallet_id, m.period_id, m.hour, m.project_id, m.api_key_id, m.provider_id, m.model_id, m.token_class, m.price_version_id)
          where l.kind = 'usage' and i.status <> 'void' group by l.invoice_id, l.seq, l.amount_nano, l.quantity
          having l.amount_nano <> coalesce(sum(r.amount_nano - r.absorbed_nano), 0) or l.quantity <> coalesce(sum(r.quantity), 0)`,
  },
  {
    id: 'I19',
    title: 'no series of numbers has a hole',
    sql: `select concat_ws('|', s.prefix, n) as id from invoice_series s cross join lateral generate_series(1, s.next_no - 1) n
          where not exists (select 1 from invoice i where i.series_id = s.id and i.number = n)
            and not exists (select 1 from credit_note c where c.series_id = s.id and c.number = n)`,
  },
  {
    id: 'I20',
    title: 'numbers follow the order in which documents were issued',
    sql: `select id::text as id from (
            select d.id, d.at, lag(d.at) over (partition by d.series_id order by d.number) as before from (
              select id, series_id, number, finalized_at as at from invoice where number is not null
              union all select id, series_id, number, issued_at from credit_note) d) x
          where at < before`,
  },
  {
    id: 'I21',
    title: 'credit notes give back no more than their invoice charged, and are the sum of their parts',
    sql: `select i.id::text as id from credit_note c join invoice i on i.id = c.invoice_id group by i.id
          having sum(c.total_minor) > i.total_minor or sum(c.tax_minor) > i.tax_minor or i.status in ('draft', 'void')
          union all
          select c.id::text from credit_note c
          where c.net_minor <> (select sum(l.amount_minor) from credit_note_line l where l.credit_note_id = c.id)
            or c.usage_nano + c.period_end_nano <> (select sum(l.amount_nano) from credit_note_line l where l.credit_note_id = c.id)
            or c.period_end_nano <> (select coalesce(sum(l.amount_nano), 0) from credit_note_line l
              join invoice_line o on (o.invoice_id, o.seq) = (l.invoice_id, l.invoice_seq) and o.kind in ('true_up', 'package') where l.credit_note_id = c.id)
            or c.net_minor <> (select sum(t.base_minor) from credit_note_tax t where t.credit_note_id = c.id)
            or c.tax_minor <> (select sum(t.tax_minor) from credit_note_tax t where t.credit_note_id = c.id)`,
  },
  {
    id: 'I22',
    title: 'a paid invoice was paid in full: by prepaid credit, credit notes and money received',
    sql: `select i.id::text as id from invoice i
          where i.applied_minor <> (select coalesce(sum(a.amount_minor), 0) from credit_application a where a.invoice_id = i.id)
            or i.paid_minor <> (select coalesce(sum(p.amount_minor), 0) from invoice_payment p where p.invoice_id = i.id)
            or (i.status = 'paid' and i.total_minor <> i.prepaid_minor + i.applied_minor + i.paid_minor)
          union all
          select p.id::text from invoice_payment p join invoice i on i.id = p.invoice_id left join credit_grant g on g.id = i.grant_id
          where p.method = 'charge' and not exists (
              select 1 from payment_attempt t where t.id::text = p.reference and t.status = 'succeeded' and case i.kind
                when 'receipt' then g.idempotency_key = 'top_up:' || t.purpose_id and t.amount_minor >= p.amount_minor
                else t.purpose = 'invoice' and t.purpose_id = p.invoice_id and t.amount_minor = p.amount_minor end)
            or p.method = 'returned' and p.reference is distinct from g.idempotency_key`,
  },
  {
    id: 'I27',
    title: 'all usage of a closed period stands on a document',
    sql: `select concat_ws('|', r.wallet_id, r.period_id, r.hour, r.model_id, r.token_class) as id
          from usage_rollup r join billing_period p on p.id = r.period_id
          where p.status = 'closed' and not exists (select 1 from invoice_line_rollup m
            where (m.wallet_id, m.period_id, m.hour, m.project_id, m.api_key_id, m.provider_id, m.model_id, m.token_class, m.price_version_id)
                = (r.wallet_id, r.period_id, r.hour, r.project_id, r.api_key_id, r.provider_id, r.model_id, r.token_class, r.price_version_id))`,
  },
  {
    id: 'I30',
    title: 'an issued invoice, its exact lines and its rounding are what the ledger holds of it',
    sql: `select i.id::text as id from invoice i
            left join ledger_transaction t on t.idempotency_key = 'invoice:' || i.id
            left join lateral (select sum(e.amount_nano) filter (where a.kind in ('receivable', 'receivable_usage')) as owed,
                                      -sum(e.amount_nano) filter (where a.kind = 'contract_asset') as usage,
                                      -sum(e.amount_nano) filter (where a.kind = 'revenue') as added,
                                      -sum(e.amount_nano) filter (where a.kind = 'vat_payable') as tax
                               from ledger_entry e join ledger_account a on a.id = e.account_id where e.transaction_id = t.id) b on true
          where i.status <> 'draft' and i.kind <> 'receipt' and (coalesce(b.owed, 0) <> (i.total_minor - i.prepaid_minor) * ${UNIT}
            or coalesce(b.usage, 0) <> i.usage_nano or coalesce(b.tax, 0) <> i.tax_minor * ${UNIT}
            or coalesce(b.added, 0) <> i.period_end_nano
            or i.period_end_nano <> (select coalesce(sum(l.amount_nano), 0) from invoice_line l where l.invoice_id = i.id and l.kind in ('true_up', 'package'))
            or (i.prepaid_minor = 0 and i.usage_nano + i.period_end_nano <> (select sum(l.amount_nano) from invoice_line l where l.invoice_id = i.id)))`,
  },
];

/** What is Faregate's own of invoices, credit notes and corrections. */
export const INVOICE_BOOK_CHECKS: Check[] = [
  {
    id: 'F20',
    title: 'what was issued is what its hash says',
    sql: `select id::text as id from (select id, document, content_sha256 from invoice where status <> 'draft'
            union all select id, document, content_sha256 from credit_note) d
          where encode(sha256(convert_to(document, 'UTF8')), 'hex') is distinct from content_sha256`,
  },
  {
    id: 'F21',
    title: 'invoiced usage that still uses credit is what open invoices hold, less credit notes not used up',
    sql: `select w.id::text as id from wallet w
          where coalesce((select sum(e.amount_nano) from ledger_entry e join ledger_account a on a.id = e.account_id
                          where a.kind = 'receivable_usage' and a.wallet_id = w.id), 0)
             <> coalesce((select sum(i.open_usage_nano) from invoice i where i.wallet_id = w.id), 0)
              - coalesce((select sum(c.usage_nano) from credit_note c where c.wallet_id = w.id and c.claw_back_id is null), 0)
              + coalesce((select sum(a.usage_nano) from credit_application a join credit_note c on c.id = a.credit_note_id
                          where c.wallet_id = w.id), 0)`,
  },
  {
    id: 'F22',
    title: 'a credit note pays no more than it is worth, and no invoice is left open with nothing due',
    sql: `select c.id::text as id from credit_note c left join credit_application a on a.credit_note_id = c.id
          group by c.id having coalesce(sum(a.amount_minor), 0) not between 0 and c.total_minor
          union all
          select id::text from invoice where status = 'finalized'
            and total_minor <= prepaid_minor + applied_minor + paid_minor`,
  },
  {
    id: 'F23',
    title:
      'a correction charges only what was taken back, and a credited reversal is what nobody had paid of it',
    sql: `select c.id::text as id from usage_event c where c.kind = 'correction'
            and not exists (select 1 from usage_event r where r.reverses_id = c.corrects_id and r.correction_id = c.correction_id)
          union all
          select x.event_id::text from credited_reversal x left join usage_funding f on f.event_id = x.event_id and f.funding = 'postpaid'
          where x.amount_nano is distinct from f.amount_nano`,
  },
  {
    id: 'F24',
    title: 'no correction waits long to be settled, and no invoice that is due to be collected is forgotten',
    sql: `select id::text as id from correction where status = 'recorded' and created_at < billing_now() - interval '1 day'
          union all
          select id::text from invoice where status = 'finalized' and collect_at < billing_now() - interval '1 day'`,
  },
  {
    id: 'F25',
    title: 'a wallet is suspended exactly while an invoice of it is',
    sql: `select b.source_id::text as id from wallet_block b left join invoice i on i.id = b.source_id
          where b.reason = 'dunning' and (i.dunning is distinct from 'suspended' or i.status <> 'finalized')
          union all
          select i.id::text from invoice i where i.dunning = 'suspended' and i.status = 'finalized'
            and not exists (select 1 from wallet_block b where b.source_id = i.id and b.reason = 'dunning')`,
  },
];
