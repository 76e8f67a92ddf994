import type { Check } from './check.js';

/** What a journal did to the money held at payment providers; the journal is found by its idempotency key. */
const clearing = (keys: string): string => `coalesce((select sum(e.amount_nano) from ledger_transaction x
  join ledger_entry e on e.transaction_id = x.id join ledger_account k on k.id = e.account_id
  where k.kind = 'cash_clearing' and x.idempotency_key in (${keys})), 0)`;

/** The journals of what a movement of the balance is of. */
const BALANCE_KEYS = `(select k from unnest(array['balance_fee:' || t.ref, 'balance_deposit:' || t.ref, 'conversion_in:' || t.ref,
    case t.subject when 'credit' then 'credit:' || t.subject_id end,
    case t.subject when 'refund' then 'refund:' || t.subject_id when 'refund_failed' then 'refund_failed:' || t.subject_id
      when 'dispute' then 'dispute:' || t.subject_id when 'dispute_won' then 'dispute_won:' || t.subject_id
      when 'payout' then 'payout:' || t.subject_id when 'payout_failed' then 'payout_failed:' || t.subject_id
      when 'payment' then 'payment_fee:' || t.subject_id end,
    case t.subject when 'payment' then (select case a.purpose when 'top_up' then 'top_up:' else 'invoice_paid:' end || a.purpose_id
      from payment_attempt a where a.id = t.subject_id) end]) as k)`;

/** What journals did to an account, in the currency of the movement. */
const movedBy = (kind: string, keys: string, currency: string): string => `coalesce((select sum(e.amount_nano)
  from ledger_transaction x join ledger_entry e on e.transaction_id = x.id join ledger_account k on k.id = e.account_id
  where k.kind = '${kind}' and k.currency = ${currency} and x.idempotency_key in (${keys})), 0)`;

/** The books checks of payments: attempts, top-ups, money that went back, and who hears of it. */
export const PAYMENT_CHECKS: readonly Check[] = [
  {
    id: 'I23',
    title: 'nothing is paid twice',
    sql: `select concat_ws('|', purpose, purpose_id) as id from payment_attempt where status = 'succeeded'
          group by purpose, purpose_id having count(*) > 1`,
  },
  {
    id: 'I24',
    title: 'no payment by card is without an outcome for more than an hour',
    sql: `select id::text as id from payment_attempt where status in ('created', 'submitted', 'unknown') and provider <> 'invoice'
            and coalesce(submitted_at, created_at) < billing_now() - interval '1 hour'`,
  },
  {
    id: 'I25',
    title: 'no event of a payment provider waits long to be worked on',
    sql: `select event_id as id from webhook_inbox where processed_at is null and received_at < billing_now() - interval '10 minutes'`,
  },
  {
    id: 'I28',
    title:
      'what moved the balance at payment providers moved PSP clearing alike, and payouts are in transit or at the bank',
    sql: `select t.ref as id from balance_transaction t
          where case when t.subject is null then t.recorded_at < billing_now() - interval '1 day'
            else t.net_nano <> ${movedBy('cash_clearing', BALANCE_KEYS, 't.currency')} end
          union
          select a.id::text from payment_attempt a where a.provider = 'stripe' and a.status = 'succeeded'
            and a.closed_at between (select min(occurred_at) from balance_transaction)
              and (select max(occurred_at) - interval '2 days' from balance_transaction)
            and not exists (select 1 from balance_transaction t where t.subject = 'payment' and t.subject_id = a.id)
          union
          select p.provider_ref from payout p where p.composed and p.amount_nano
            <> (select coalesce(sum(t.net_nano), 0) from balance_transaction t where t.payout_ref = p.provider_ref and t.subject <> 'payout')
          union
          select p.provider_ref from payout p where case p.status when 'paid' then p.amount_nano else 0 end
            <> ${movedBy('bank', `'payout_paid:' || p.id, 'payout_sent_back:' || p.id`, 'p.currency')}`,
  },
  {
    id: 'F30',
    title: 'a top-up that succeeded was paid once, of its amount, and is in the ledger; no other one is',
    sql: `select t.id::text as id from top_up t
            left join payment_attempt a on a.purpose = 'top_up' and a.purpose_id = t.id and a.status = 'succeeded'
          where (t.status = 'succeeded') <> (a.id is not null) or a.amount_nano <> t.amount_nano + t.tax_nano
            or ${clearing(`'top_up:' || t.id`)} <> case t.status when 'succeeded' then t.amount_nano + t.tax_nano else 0 end`,
  },
  {
    id: 'F31',
    title: 'a payment has its top-up or invoice, an open one whose state is its own',
    sql: `select a.id::text as id from payment_attempt a where a.purpose = 'top_up' and not exists (
            select 1 from top_up t where t.id = a.purpose_id and t.organization_id = a.organization_id and t.currency = a.currency
              and t.amount_nano + t.tax_nano = a.amount_nano
              and (a.status in ('succeeded', 'failed', 'canceled') or t.status in ('pending', 'unknown')))`,
  },
  {
    id: 'F32',
    title: 'a refund has left the ledger by its amount, and one that failed by nothing',
    sql: `select r.id::text as id from payment_refund r
          where ${clearing(`'refund:' || r.id, 'refund_failed:' || r.id`)} <> case r.status when 'failed' then 0 else -r.amount_nano end`,
  },
  {
    id: 'F33',
    title: 'a dispute has left the ledger by its amount, and one that was won by nothing',
    sql: `select d.id::text as id from payment_dispute d
          where ${clearing(`'dispute:' || d.id, 'dispute_won:' || d.id`)} <> case d.status when 'won' then 0 else -d.amount_nano end`,
  },
  {
    id: 'F34',
    title: 'no more is given back of a payment than was paid',
    sql: `select a.id::text as id from payment_attempt a join payment_refund r on r.attempt_id = a.id and r.status <> 'failed'
          group by a.id having sum(r.amount_minor) > a.amount_minor or a.status <> 'succeeded'`,
  },
  {
    id: 'F35',
    title: 'what was taken back is the refund or dispute it was for',
    sql: `select c.id::text as id from claw_back c left join payment_refund r on r.id = c.refund_id
            left join payment_dispute d on d.id = c.dispute_id
          where c.from_wallet_nano + c.receivable_nano + c.tax_nano + c.rounding_nano <> coalesce(r.amount_nano, d.amount_nano)
            or c.organization_id <> coalesce(r.organization_id, d.organization_id)`,
  },
  {
    id: 'F36',
    title: 'a wallet is blocked exactly while there is a reason, and a debt or an open dispute is one',
    sql: `select w.id::text as id from wallet w
          where (w.status = 'blocked') <> exists (select 1 from wallet_block b where b.wallet_id = w.id)
          union
          select c.wallet_id::text from claw_back c left join payment_dispute d on d.id = c.dispute_id
          where (c.recovered_nano < c.receivable_nano or d.status = 'open')
            and not exists (select 1 from wallet_block b where b.wallet_id = c.wallet_id and b.source_id in (c.id, c.dispute_id))`,
  },
  {
    id: 'F37',
    title: 'what providers kept of payments is what the ledger says',
    sql: `select a.id::text as id from payment_attempt a
            left join ledger_transaction t on t.idempotency_key = 'payment_fee:' || a.id
          where (coalesce(a.fee_minor, 0) > 0 and a.status = 'succeeded') <> (t.id is not null)`,
  },
  {
    id: 'F38',
    title: 'nothing waits long to be told or done',
    sql: `select id::text as id from outbox where processed_at is null and created_at < billing_now() - interval '1 hour'`,
  },
];
