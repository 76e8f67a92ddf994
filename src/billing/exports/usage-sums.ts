import { filterSql, type UsageFilter } from './usage-filter.js';
import { USAGE_WITH } from './usage-source.js';

/**
 * What the rows of a usage report must add up to, for each column of money and currency: taken from the lines of the
 * events themselves, not from the rows that are written, so that the two prove each other.
 */
export const usageSums = (filter: UsageFilter): string => `${USAGE_WITH},
  charged as (
    select e.currency::text as currency, e.cost_currency::text as cost_currency, sum(y.amount_nano - y.absorbed_nano) as amount,
      sum(y.quantity::numeric * y.unit_price_pico) as rated, sum(y.cost_nano) as cost,
      sum(y.quantity::numeric * coalesce(own_list.unit_price_pico, any_list.unit_price_pico, y.unit_price_pico)) as listed
    from usage_event e
    join usage_event_line y on y.event_id = e.id
    left join contract_list own_list on own_list.id = y.price_version_id and own_list.provider_id = e.provider_id
      and own_list.valid @> e.priced_at
    left join contract_list any_list on any_list.id = y.price_version_id and any_list.provider_id is null
      and any_list.valid @> e.priced_at
    where ${filterSql(filter)} group by 1, 2)
  select s.name, s.currency, (sum(s.units) * s.unit)::text as sum
  from charged c cross join lateral (values
    ('list_amount', c.currency, c.listed, 0.000000000001),
    ('rated_amount', c.currency, c.rated, 0.000000000001),
    ('amount', c.currency, c.amount, 0.000000001),
    ('provider_cost', c.cost_currency, c.cost, 0.000000001),
    ('margin', c.currency, case when c.currency = c.cost_currency then c.amount - c.cost end, 0.000000001)) s(name, currency, units, unit)
  where s.units is not null group by s.name, s.currency, s.unit order by s.name, s.currency`;
