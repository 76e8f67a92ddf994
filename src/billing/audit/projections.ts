/**
 * What is kept beside the books for speed, and how each is made anew from what never changes: events, entries, moves
 * and holds. Both sides select a text `k`, the row, and a text `v`, all its figures.
 */
export interface Projection {
  name: string;
  stored: string;
  rebuilt: string;
}

const figures = (...columns: string[]): string => `concat_ws('|', ${columns.join(', ')})`;
const ROLLUP_KEY = figures(
  'wallet_id',
  'period_id',
  'hour',
  'project_id',
  'api_key_id',
  'provider_id',
  'model_id',
  'token_class',
  'price_version_id',
);

/** Every projection that the audit makes anew and compares. */
export const PROJECTIONS: readonly Projection[] = [
  {
    name: 'wallet balances',
    stored: 'select id::text as k, balance_nano::text as v from wallet',
    rebuilt: `select w.id::text as k, (coalesce(-l.nano, 0) - coalesce(q.nano, 0))::text as v from wallet w
      left join (select a.wallet_id, sum(e.amount_nano) as nano from ledger_entry e join ledger_account a on a.id = e.account_id
                 where a.kind in ('deferred_revenue', 'promo_credit', 'contract_asset', 'receivable_usage') group by 1) l on l.wallet_id = w.id
      left join (select u.wallet_id, sum(u.amount_nano) as nano from usage_pending p join usage_event u on u.id = p.event_id
                 group by 1) q on q.wallet_id = w.id`,
  },
  {
    name: 'money held by wallets',
    stored: 'select id::text as k, held_nano::text as v from wallet',
    rebuilt: `select w.id::text as k, coalesce(sum(h.amount_nano), 0)::text as v from wallet w
      left join hold h on h.wallet_id = w.id and h.state = 'open' group by w.id`,
  },
  {
    name: 'what is left of lots of credit',
    stored: `select grant_id::text as k, ${figures('remaining_nano', 'consumed_nano')} as v from grant_balance`,
    rebuilt: `select g.id::text as k, ${figures(
      `g.amount_nano - coalesce(sum(case m.kind when 'restore' then -m.amount_nano else m.amount_nano end), 0)`,
      `coalesce(sum(case m.kind when 'consume' then m.amount_nano when 'restore' then -m.amount_nano end), 0)`,
    )} as v from credit_grant g left join grant_move m on m.grant_id = g.id group by g.id`,
  },
  {
    name: 'usage rollups',
    stored: `select ${ROLLUP_KEY} as k,
      ${figures('lines', 'quantity', 'rated_pico', 'amount_nano', 'absorbed_nano', 'cost_nano')} as v from usage_rollup`,
    rebuilt: `select ${ROLLUP_KEY} as k, ${figures('count(*)', 'sum(quantity)', 'sum(rated)', 'sum(amount)', 'sum(absorbed)', 'sum(cost)')} as v
      from (select e.wallet_id, e.period_id, date_trunc('hour', e.recorded_at, 'UTC') as hour, e.project_id, e.api_key_id,
              e.provider_id, e.model_id, l.token_class, l.price_version_id, l.quantity, l.quantity::numeric * l.unit_price_pico as rated,
              l.amount_nano as amount, l.absorbed_nano as absorbed, l.cost_nano as cost
            from usage_event e join usage_event_line l on l.event_id = e.id
            where not exists (select 1 from usage_pending q where q.event_id = e.id)) x
      group by wallet_id, period_id, hour, project_id, api_key_id, provider_id, model_id, token_class, price_version_id`,
  },
  {
    name: 'what promo credit paid by the hour',
    stored: `select ${figures('wallet_id', 'hour', 'provider_id', 'model_id')} as k, promo_nano::text as v from promo_rollup`,
    rebuilt: `select ${figures('e.wallet_id', `date_trunc('hour', e.recorded_at, 'UTC')`, 'e.provider_id', 'e.model_id')} as k,
        sum(case e.kind when 'reversal' then -f.amount_nano else f.amount_nano end)::text as v
      from usage_funding f join usage_event e on e.id = f.event_id where f.funding = 'prepaid_promo'
      group by e.wallet_id, date_trunc('hour', e.recorded_at, 'UTC'), e.provider_id, e.model_id`,
  },
  {
    name: 'how periods were paid',
    stored: `select ${figures('period_id', 'wallet_id')} as k, ${figures('paid_nano', 'promo_nano', 'postpaid_nano', 'taxed_nano')} as v from period_funding`,
    rebuilt: `select ${figures('e.period_id', 'e.wallet_id')} as k, ${figures(
      'sum(e.amount_nano - sign(e.amount_nano)::bigint * (coalesce(f.promo, 0) + coalesce(f.postpaid, 0)))',
      'sum(sign(e.amount_nano)::bigint * coalesce(f.promo, 0))',
      'sum(sign(e.amount_nano)::bigint * coalesce(f.postpaid, 0))',
      'sum(sign(e.amount_nano)::bigint * coalesce(f.taxed, 0))',
    )} as v
      from usage_event e left join lateral (
        select sum(u.amount_nano) filter (where u.funding = 'prepaid_promo') as promo,
               sum(u.amount_nano) filter (where u.funding = 'prepaid_taxed') as taxed,
               sum(u.amount_nano) filter (where u.funding = 'postpaid') as postpaid
        from usage_funding u where u.event_id = e.id) f on true
      where not exists (select 1 from usage_pending q where q.event_id = e.id)
      group by e.period_id, e.wallet_id`,
  },
];

/** Rows of a projection that are not what they would be if made anew; missing and needless ones too. */
export const differenceSql = ({ stored, rebuilt }: Projection): string =>
  `with s as materialized (${stored}), r as materialized (${rebuilt}),
     d as materialized (select coalesce(s.k, r.k) as k from s full join r on r.k = s.k where s.v is distinct from r.v)
   select (select count(*)::int from r) as rows, (select count(*)::int from d) as violations,
     array(select k from d order by k limit 5) as sample`;
