import type { Check } from './check.js';

/** Nano-units in a minor unit of the row's currency. */
const UNIT = 'power(10::numeric, 9 - i.minor_exp)';

/** What must hold of credit that is taxed when it is sold, and of the tax of all documents. */
export const RECEIPT_CHECKS: readonly Check[] = [
  {
    id: 'F16',
    title: 'the ledger owes the tax that documents charge, less what credit notes and voids gave back',
    sql: `select concat_ws('|', legal_entity_id, currency) as id from (
            select a.legal_entity_id, a.currency::text, -e.amount_nano::numeric as nano
            from ledger_entry e join ledger_account a on a.id = e.account_id where a.kind = 'vat_payable'
            union all
            select i.legal_entity_id, i.currency::text, -i.tax_minor * ${UNIT} from invoice i where i.status not in ('draft', 'void')
            union all
            select i.legal_entity_id, c.currency::text, c.tax_minor * ${UNIT} from credit_note c join invoice i on i.id = c.invoice_id) z
          group by legal_entity_id, currency having sum(nano) <> 0`,
  },
  {
    id: 'F17',
    title:
      'a receipt is of one lot taxed when it was sold: its exact amount, and its tax as the ledger posted it',
    sql: `select i.id::text as id from invoice i join credit_grant g on g.id = i.grant_id
            left join ledger_transaction t on t.idempotency_key = g.idempotency_key
          where g.tax_point <> 'sale' or g.organization_id <> i.organization_id
            or g.amount_nano <> (select sum(l.amount_nano) from invoice_line l where l.invoice_id = i.id)
            or i.tax_minor * ${UNIT} <> coalesce((select -sum(e.amount_nano) from ledger_entry e
              join ledger_account a on a.id = e.account_id where e.transaction_id = t.id and a.kind = 'vat_payable'), 0)`,
  },
  {
    id: 'F18',
    title: 'credit that was sold with its tax has its receipt, at the rate that was charged',
    sql: `select t.id::text as id from top_up t join credit_grant g on g.idempotency_key = 'top_up:' || t.id
            left join invoice i on i.grant_id = g.id
          where (t.tax_category is not null) <> (i.id is not null)
            or (t.tax_category is not null and g.tax_point <> 'sale')
            or exists (select 1 from invoice_tax x where x.invoice_id = i.id
              and (x.tax_category, x.tax_rate_ppm) is distinct from (t.tax_category, t.tax_rate_ppm))
          union all
          select g.id::text from top_up t join payment_attempt a on a.purpose = 'top_up' and a.purpose_id = t.id
            left join payment_refund r on r.attempt_id = a.id left join payment_dispute d on d.attempt_id = a.id
            join credit_grant g on g.idempotency_key in ('refund_failed:' || r.id, 'dispute_won:' || d.id)
          where t.tax_category is not null and not exists (select 1 from invoice i where i.grant_id = g.id)`,
  },
  {
    id: 'F19',
    title: 'credit taken back of a sale with its tax is on credit notes, exactly, and so is its tax',
    sql: `select c.id::text as id from claw_back c left join payment_refund r on r.id = c.refund_id
            left join payment_dispute d on d.id = c.dispute_id
            join payment_attempt a on a.id = coalesce(r.attempt_id, d.attempt_id)
            left join top_up t on a.purpose = 'top_up' and t.id = a.purpose_id
            left join lateral (select sum(n.usage_nano) as nano, sum(n.tax_minor * ${UNIT}) as tax
              from credit_note n join invoice i on i.id = n.invoice_id where n.claw_back_id = c.id) n on true
          where c.tax_nano <> coalesce(n.tax, 0)
            or coalesce(n.nano, 0) <> case when t.tax_category is null then 0 else c.from_wallet_nano end`,
  },
];
