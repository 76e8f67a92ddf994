import type { Check } from './check.js';
import { COMMITMENT_CHECKS } from './commitment-checks.js';
import { INVOICE_BOOK_CHECKS, INVOICE_CHECKS } from './invoice-checks.js';
import { PACKAGE_CHECKS } from './package-checks.js';
import { PAYMENT_CHECKS } from './payment-checks.js';
import { RECEIPT_CHECKS } from './receipt-checks.js';
import { PROVIDER_CHECKS } from './provider-checks.js';

/** How long an expired hold may stay open before that is a fault: the sweep runs every 30 seconds. */
const SWEEP_GRACE = `interval '10 minutes'`;
/** How long an event may wait for the rollup. */
const QUEUE_GRACE = `interval '15 minutes'`;
/** How long an expired lot may keep money that nothing holds. */
const EXPIRY_GRACE = `interval '1 hour'`;

const LEDGER_CHECKS: Check[] = [
  {
    id: 'I01',
    title:
      'every ledger transaction has two entries or more, one currency and legal entity, and sums to zero',
    sql: `select t.id::text as id from ledger_transaction t left join ledger_entry e on e.transaction_id = t.id
            left join ledger_account a on a.id = e.account_id
          group by t.id having coalesce(sum(e.amount_nano), 1) <> 0 or count(*) < 2
            or count(distinct (a.currency, a.legal_entity_id)) <> 1`,
  },
  {
    id: 'I02',
    title: 'the whole ledger of each legal entity sums to zero in each currency',
    sql: `select concat_ws('|', a.legal_entity_id, a.currency) as id from ledger_entry e join ledger_account a on a.id = e.account_id
          group by a.legal_entity_id, a.currency having sum(e.amount_nano) <> 0`,
  },
  {
    id: 'I03',
    title: 'what a wallet holds is the sum of its open holds',
    sql: `select w.id::text as id from wallet w
            left join (select wallet_id, sum(amount_nano) as held from hold where state = 'open' group by 1) h on h.wallet_id = w.id
          where w.held_nano <> coalesce(h.held, 0)`,
  },
  {
    id: 'I04',
    title: 'a wallet holds what the ledger owes it, less usage not yet posted',
    sql: `select w.id::text as id from wallet w
            left join (select a.wallet_id, -sum(e.amount_nano) as owed from ledger_entry e join ledger_account a on a.id = e.account_id
                       where a.kind in ('deferred_revenue', 'promo_credit', 'contract_asset', 'receivable_usage') group by 1) l on l.wallet_id = w.id
            left join (select u.wallet_id, sum(u.amount_nano) as queued from usage_pending p join usage_event u on u.id = p.event_id
                       group by 1) q on q.wallet_id = w.id
          where w.balance_nano <> coalesce(l.owed, 0) - coalesce(q.queued, 0)`,
  },
];

const HOLD_CHECKS: Check[] = [
  {
    id: 'I05',
    title: 'a settled hold has exactly one usage event, of its amount',
    sql: `select h.id::text as id from hold h left join usage_event u on u.hold_id = h.id and u.kind = 'usage'
          where h.state = 'settled' group by h.id, h.settled_nano
          having count(u.id) <> 1 or sum(u.amount_nano) <> h.settled_nano`,
  },
  {
    id: 'I06',
    title: 'a usage event has a settled hold',
    sql: `select u.id::text as id from usage_event u left join hold h on h.id = u.hold_id
          where u.kind = 'usage' and (h.id is null or h.state <> 'settled')`,
  },
  {
    id: 'I08',
    title: 'no wallet is overspent beyond its overdraft',
    sql: `select id::text as id from wallet where balance_nano - held_nano < -overdraft_nano`,
  },
  {
    id: 'I09',
    title: 'no hold stays open long after it expired',
    sql: `select id::text as id from hold where state = 'open' and expires_at < billing_now() - ${SWEEP_GRACE}`,
  },
  {
    id: 'F01',
    title: 'every closed hold has its request row, and every request row its closed hold',
    sql: `select coalesce(h.id, r.id)::text as id from hold h full join request r on r.id = h.id
          where (h.state is distinct from 'open' and r.id is null) or h.id is null or (h.state = 'open' and r.id is not null)`,
  },
  {
    id: 'F02',
    title: 'what a budget holds is the sum of the open holds that count against it',
    sql: budgetSql('held_nano', `case when h.state = 'open' then h.amount_nano else 0 end`),
  },
  {
    id: 'F03',
    title: 'what a budget has spent is what the holds that count against it settled at',
    sql: budgetSql('spent_nano', 'coalesce(h.settled_nano, 0)'),
  },
  {
    id: 'F04',
    title: 'no process that is long gone still has open holds',
    sql: `select h.id::text as id from hold h left join gateway_process p on p.id = h.process_id
          where h.state = 'open' and h.expires_at < billing_now() - ${SWEEP_GRACE}
            and coalesce(p.seen_at, h.created_at) < billing_now() - ${SWEEP_GRACE}`,
  },
];

const USAGE_CHECKS: Check[] = [
  {
    id: 'I07',
    title: 'rollups are, in every figure of every class, the events that left the queue',
    sql: `select k as id from (
            select concat_ws('|', e.wallet_id, e.period_id, date_trunc('hour', e.recorded_at, 'UTC'), e.project_id, e.api_key_id,
                     e.provider_id, e.model_id, l.token_class, l.price_version_id) as k,
                   1 as n, l.quantity::numeric as q, l.quantity::numeric * l.unit_price_pico as r, l.amount_nano::numeric as a,
                   l.absorbed_nano::numeric as s, l.cost_nano::numeric as c
            from usage_event e join usage_event_line l on l.event_id = e.id
            where not exists (select 1 from usage_pending p where p.event_id = e.id)
            union all
            select concat_ws('|', wallet_id, period_id, hour, project_id, api_key_id, provider_id, model_id, token_class,
                     price_version_id), -lines, -quantity, -rated_pico, -amount_nano, -absorbed_nano, -cost_nano
            from usage_rollup) z
          group by k having sum(n) <> 0 or sum(q) <> 0 or sum(r) <> 0 or sum(a) <> 0 or sum(s) <> 0 or sum(c) <> 0`,
  },
  {
    id: 'I10',
    title: 'no event waits long for the rollup',
    sql: `select u.id::text as id from usage_pending p join usage_event u on u.id = p.event_id
          where u.recorded_at < billing_now() - ${QUEUE_GRACE}`,
  },
  {
    id: 'I11',
    title: 'every line is its quantity times its price, rounded once, half up',
    sql: `select concat_ws('|', event_id, token_class, price_version_id) as id from usage_event_line
          where amount_nano <> sign(quantity) * div(abs(quantity)::numeric * unit_price_pico + 500, 1000)`,
  },
  {
    id: 'F05',
    title: 'every event is the sum of its lines: charge, absorbed part, cost and exact rating',
    sql: `select e.id::text as id from usage_event e left join usage_event_line l on l.event_id = e.id
          group by e.id having coalesce(sum(l.amount_nano), 0) <> e.amount_nano + e.absorbed_nano
            or coalesce(sum(l.absorbed_nano), 0) <> e.absorbed_nano or coalesce(sum(l.cost_nano), 0) <> e.cost_nano
            or coalesce(sum(l.quantity::numeric * l.unit_price_pico), 0) <> e.rated_pico`,
  },
  {
    id: 'F06',
    title: 'the lines of an event bill no more than the tokens and searches it reports',
    sql: `select e.id::text as id from usage_event e
            left join usage_event_line l on l.event_id = e.id
              and l.token_class <> 'search_full_content'
          group by e.id having coalesce(sum(l.quantity), 0) > coalesce(e.input_tokens, 0) + coalesce(e.cache_read_tokens, 0)
            + coalesce(e.cache_write_5m_tokens, 0) + coalesce(e.cache_write_1h_tokens, 0) + coalesce(e.output_tokens, 0)
            + coalesce(e.searches, 0) and e.kind = 'usage'`,
  },
  {
    id: 'I12',
    title: 'a reversal is exactly the event it takes back, negated',
    sql: `select r.id::text as id from usage_event r join usage_event o on o.id = r.reverses_id
          where r.kind = 'reversal' and (r.amount_nano <> -o.amount_nano or r.absorbed_nano <> -o.absorbed_nano
            or r.cost_nano <> -o.cost_nano or r.rated_pico <> -o.rated_pico or r.wallet_id <> o.wallet_id
            or -coalesce(r.input_tokens, 0) <> coalesce(o.input_tokens, 0) or -coalesce(r.output_tokens, 0) <> coalesce(o.output_tokens, 0))`,
  },
  {
    id: 'I26',
    title: 'every line was rated with a price that held at the time the call was priced',
    sql: `select concat_ws('|', l.event_id, l.token_class) as id from usage_event_line l join usage_event u on u.id = l.event_id
            left join price_version v on v.id = l.price_version_id
          where v.id is null or not v.valid @> u.priced_at or v.unit_price_pico <> l.unit_price_pico`,
  },
  {
    id: 'G01',
    title:
      'a multiplied price is its list price times the multiplier, rounded once, for as long as that holds',
    sql: `select v.id::text as id from price_version v join sku s on s.id = v.sku_id
            left join price_version b on b.id = v.base_id left join sku o on o.id = b.sku_id
          where (v.base_id is null) <> (s.multiplier_ppm = 1000000) or v.base_id is not null and (o.multiplier_ppm <> 1000000
            or v.valid <> b.valid or v.unit_price_pico <> multiplied(b.unit_price_pico, s.multiplier_ppm)
            or (s.kind, s.model_id, s.token_class, s.tier_from, s.currency) <> (o.kind, o.model_id, o.token_class, o.tier_from, o.currency)
            or s.provider_id is distinct from o.provider_id or s.organization_id is distinct from o.organization_id)`,
  },
  {
    id: 'G02',
    title: 'every line of a call was rated with the multiplier of its key’s group as the call found it',
    sql: `select concat_ws('|', l.event_id, l.token_class) as id from usage_event u
            join request r on r.id = u.request_id join usage_event_line l on l.event_id = u.id
            join price_version v on v.id = l.price_version_id join sku s on s.id = v.sku_id
          where u.kind = 'usage' and s.multiplier_ppm <> coalesce((r.route -> 'group' ->> 'multiplier_ppm')::bigint, 1000000)`,
  },
];

const CREDIT_CHECKS: Check[] = [
  {
    id: 'I13',
    title: 'no lot gives more than it has',
    sql: `select g.id::text as id from credit_grant g left join grant_move m on m.grant_id = g.id group by g.id, g.amount_nano
          having coalesce(sum(case m.kind when 'restore' then -m.amount_nano else m.amount_nano end), 0) not between 0 and g.amount_nano`,
  },
  {
    id: 'I14',
    title: 'no expired lot keeps money that nothing holds',
    sql: `select g.id::text as id from credit_grant g join wallet w on w.id = g.wallet_id
            left join grant_move m on m.grant_id = g.id
          where g.expires_at < billing_now() - ${EXPIRY_GRACE} and w.balance_nano > w.held_nano
          group by g.id having g.amount_nano <> coalesce(sum(case m.kind when 'restore' then -m.amount_nano else m.amount_nano end), 0)`,
  },
  {
    id: 'F07',
    title: 'what is left of each lot is what its moves leave',
    sql: `select g.id::text as id from credit_grant g left join grant_balance b on b.grant_id = g.id
            left join grant_move m on m.grant_id = g.id
          group by g.id, b.remaining_nano, b.consumed_nano
          having b.remaining_nano is distinct from
              g.amount_nano - coalesce(sum(case m.kind when 'restore' then -m.amount_nano else m.amount_nano end), 0)
            or b.consumed_nano is distinct from
              coalesce(sum(case m.kind when 'consume' then m.amount_nano when 'restore' then -m.amount_nano end), 0)`,
  },
  {
    id: 'F08',
    title: 'the lots of a wallet are what the ledger says is left of paid and of promo credit',
    sql: `select id from (
            select concat_ws('|', g.wallet_id, case g.kind when 'promo' then 'promo_credit' else 'deferred_revenue' end) as id,
                   g.amount_nano - coalesce((select sum(case m.kind when 'restore' then -m.amount_nano else m.amount_nano end)
                                             from grant_move m where m.grant_id = g.id), 0) as nano
            from credit_grant g
            union all
            select concat_ws('|', a.wallet_id, a.kind), e.amount_nano from ledger_entry e join ledger_account a on a.id = e.account_id
            where a.kind in ('promo_credit', 'deferred_revenue')) z
          group by id having sum(nano) <> 0`,
  },
  {
    id: 'F09',
    title: 'no event is funded by more than it cost, and none before it was posted',
    sql: `select e.id::text as id from usage_funding f join usage_event e on e.id = f.event_id
          group by e.id having sum(f.amount_nano) > abs(e.amount_nano) or exists (select 1 from usage_pending p where p.event_id = e.id)`,
  },
  {
    id: 'F10',
    title:
      'usage funded by promo credit or postpaid is what the ledger posted for it, and by taxed credit what its lots gave',
    sql: `select id from (
            select concat_ws('|', e.wallet_id, f.funding) as id, sign(e.amount_nano) * f.amount_nano as nano
            from usage_funding f join usage_event e on e.id = f.event_id
            union all
            select concat_ws('|', g.wallet_id, 'prepaid_taxed'), case m.kind when 'consume' then -m.amount_nano else m.amount_nano end
            from grant_move m join credit_grant g on g.id = m.grant_id
            where g.tax_point = 'sale' and g.kind <> 'promo' and m.kind in ('consume', 'restore')
            union all
            select concat_ws('|', a.wallet_id, case a.kind when 'promo_credit' then 'prepaid_promo' else 'postpaid' end),
                   -n.amount_nano
            from ledger_entry n join ledger_account a on a.id = n.account_id join ledger_transaction t on t.id = n.transaction_id
            where a.kind in ('promo_credit', 'contract_asset') and t.kind = 'usage') z
          group by id having sum(nano) <> 0`,
  },
];

const PROMO_CHECKS: Check[] = [
  {
    id: 'F26',
    title:
      'what promo credit paid in an hour is the sum of what it paid of each event, by provider and model',
    sql: `select k as id from (
            select concat_ws('|', e.wallet_id, date_trunc('hour', e.recorded_at, 'UTC'), e.provider_id, e.model_id) as k,
                   case e.kind when 'reversal' then -f.amount_nano else f.amount_nano end::numeric as nano
            from usage_funding f join usage_event e on e.id = f.event_id where f.funding = 'prepaid_promo'
            union all
            select concat_ws('|', wallet_id, hour, provider_id, model_id), -promo_nano from promo_rollup) z
          group by k having sum(nano) <> 0`,
  },
];

const PERIOD_CHECKS: Check[] = [
  {
    id: 'F13',
    title: 'no usage was recorded in a period after it stopped taking any',
    sql: `select e.id::text as id from billing_period p join usage_event e on e.period_id = p.id
          where p.closing_at is not null and e.recorded_at > p.closing_at`,
  },
  {
    id: 'F14',
    title: 'a closed period has no usage that waits to be posted',
    sql: `select e.id::text as id from usage_pending q join usage_event e on e.id = q.event_id
            join billing_period p on p.id = e.period_id where p.status = 'closed'`,
  },
  {
    id: 'F15',
    title: 'how the usage of a period was paid is the sum of how its events were paid',
    sql: `select k as id from (
            select concat_ws('|', e.period_id, e.wallet_id) as k, e.amount_nano::numeric as charged,
                   sign(e.amount_nano) * coalesce(f.promo, 0) as promo, sign(e.amount_nano) * coalesce(f.postpaid, 0) as postpaid,
                   sign(e.amount_nano) * coalesce(f.taxed, 0) as taxed
            from usage_event e left join lateral (
              select sum(u.amount_nano) filter (where u.funding = 'prepaid_promo') as promo,
                     sum(u.amount_nano) filter (where u.funding = 'prepaid_taxed') as taxed,
                     sum(u.amount_nano) filter (where u.funding = 'postpaid') as postpaid
              from usage_funding u where u.event_id = e.id) f on true
            where not exists (select 1 from usage_pending q where q.event_id = e.id)
            union all
            select concat_ws('|', period_id, wallet_id), -(paid_nano + promo_nano + postpaid_nano), -promo_nano, -postpaid_nano, -taxed_nano
            from period_funding) z
          group by k having sum(charged) <> 0 or sum(promo) <> 0 or sum(postpaid) <> 0 or sum(taxed) <> 0`,
  },
  {
    id: 'F39',
    title:
      'the months of every organization are those of its time zone: PostgreSQL knows it, and by a name that is no abbreviation',
    sql: `select id::text as id from organization
          where timezone <> zone_or_utc(timezone) or timezone ~* '^(?!utc$|gmt$)[a-z]{3}$'`,
  },
];

/** The tables every call writes have no foreign keys, for speed; what they would have kept is checked here. */
const REFERENCE_CHECKS: Check[] = [
  {
    id: 'F11',
    title: 'every hold and event belongs to the organization of its wallet, project and key',
    sql: `select x.id::text as id from (
            select id, wallet_id, organization_id, project_id, api_key_id from hold
            union all select id, wallet_id, organization_id, project_id, api_key_id from usage_event) x
            left join wallet w on w.id = x.wallet_id left join project j on j.id = x.project_id left join api_key k on k.id = x.api_key_id
          where x.organization_id is distinct from w.organization_id or x.organization_id is distinct from j.organization_id
            or x.organization_id is distinct from k.organization_id`,
  },
  {
    id: 'F12',
    title: 'every event is of a period of its organization, and every line and queue entry of an event',
    sql: `select e.id::text as id from usage_event e left join billing_period p on p.id = e.period_id
          where p.organization_id is distinct from e.organization_id
          union all
          select l.event_id::text from usage_event_line l where not exists (select 1 from usage_event e where e.id = l.event_id)
          union all
          select q.event_id::text from usage_pending q where not exists (select 1 from usage_event e where e.id = q.event_id)`,
  },
];

/** Every check, in the order they are shown: the auditor's list, then our own. */
export const CHECKS: readonly Check[] = [
  ...LEDGER_CHECKS,
  ...HOLD_CHECKS,
  ...USAGE_CHECKS,
  ...CREDIT_CHECKS,
  ...PROMO_CHECKS,
  ...PERIOD_CHECKS,
  ...INVOICE_CHECKS,
  ...INVOICE_BOOK_CHECKS,
  ...COMMITMENT_CHECKS,
  ...PACKAGE_CHECKS,
  ...RECEIPT_CHECKS,
  ...PAYMENT_CHECKS,
  ...PROVIDER_CHECKS,
  ...REFERENCE_CHECKS,
].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));

function sortKey({ id }: Check): string {
  return id.startsWith('I') ? `1${id}` : `2${id}`;
}

function budgetSql(column: 'held_nano' | 'spent_nano', amount: string): string {
  return `select concat_ws('|', coalesce(u.scope_id, s.scope_id), coalesce(u.window_start, s.window_start)) as id
          from budget_usage u full join (
            select b.scope_id, b.window_start, sum(${amount}) as nano
            from hold h cross join lateral unnest(h.budget_scopes, h.budget_windows) as b(scope_id, window_start)
            group by 1, 2) s on s.scope_id = u.scope_id and s.window_start = u.window_start
          where coalesce(u.${column}, 0) <> coalesce(s.nano, 0)`;
}
