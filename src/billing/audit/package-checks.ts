import type { Check } from './check.js';

/** What must hold of packages: worked out here from single calls, while drafts read rollups. */
export const PACKAGE_CHECKS: Check[] = [
  {
    id: 'F27',
    title: 'an issued document bills exactly the rest of the packages that its period began',
    sql: `with line as (
            select e.period_id, e.wallet_id, l.token_class, k.price_version_id, k.size, k.amount_nano as price, l.quantity, l.amount_nano
            from package_price k join usage_event_line l on l.price_version_id = k.price_version_id
            join usage_event e on e.id = l.event_id left join usage_event o on o.id = coalesce(e.reverses_id, e.corrects_id)
            where o.id is null or o.period_id = e.period_id),
          used as (
            select period_id, wallet_id, price_version_id, size, price, sum(quantity)::numeric as quantity, sum(amount_nano)::numeric as rated
            from line group by period_id, wallet_id, price_version_id, size, price),
          expected as (
            select period_id, wallet_id, sum(greatest(0, ceil(quantity / size) * price - rated)) as nano
            from used where quantity > 0 group by period_id, wallet_id),
          document as (
            select i.id, i.period_id, i.wallet_id, coalesce(sum(l.amount_nano) filter (where l.kind = 'package'), 0) as nano
            from invoice i left join invoice_line l on l.invoice_id = i.id where i.status not in ('draft', 'void') group by i.id)
          select d.id::text as id from document d left join expected e on (e.period_id, e.wallet_id) = (d.period_id, d.wallet_id)
          where d.nano <> coalesce(e.nano, 0)`,
  },
];
