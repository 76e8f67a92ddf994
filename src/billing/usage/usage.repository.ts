import { Injectable } from '@nestjs/common';
import { TOKEN_CLASSES } from '../../core/token-usage.js';
import { Database } from '../../platform/database/database.service.js';
import { splitByHour } from '../rollup/window.js';
import type { Grouping, UsageQuery, UsageSum } from './usage-query.js';

/** Column of the sources below and name of the answer's field. */
const GROUP_SQL: Readonly<Record<Grouping, { sql: string; name: string }>> = {
  organization: { sql: 'u.organization_id', name: 'organizationId' },
  project: { sql: 'u.project_id', name: 'projectId' },
  key: { sql: 'u.api_key_id', name: 'keyId' },
  model: { sql: 'u.model_id', name: 'model' },
  provider: { sql: 'v.slug', name: 'provider' },
  day: { sql: `to_char(u.at at time zone 'UTC', 'YYYY-MM-DD')`, name: 'day' },
};

const EVENT_COLUMNS = `e.organization_id, e.project_id, e.api_key_id, e.model_id, e.provider_id, e.wallet_id, e.recorded_at as at,
  l.token_class, l.quantity, l.amount_nano, l.absorbed_nano, l.cost_nano`;

/** Rollups of the whole hours, what of these hours is not yet rolled up, and the events of the hours cut through. */
const SOURCES = `
  select organization_id, project_id, api_key_id, model_id, provider_id, wallet_id, hour as at, token_class, quantity,
         amount_nano, absorbed_nano, cost_nano
  from usage_rollup where hour >= $1 and hour < $2
  union all
  select ${EVENT_COLUMNS} from usage_pending p join usage_event e on e.id = p.event_id
    join usage_event_line l on l.event_id = e.id where e.recorded_at >= $1 and e.recorded_at < $2
  union all
  select ${EVENT_COLUMNS} from unnest($3::timestamptz[], $4::timestamptz[]) as w(since, until)
    join usage_event e on e.recorded_at >= w.since and e.recorded_at < w.until
    join usage_event_line l on l.event_id = e.id`;

const QUANTITIES = TOKEN_CLASSES.map(
  (tokenClass) =>
    `coalesce(sum(u.quantity) filter (where u.token_class = '${tokenClass}'), 0) as ${tokenClass}`,
).join(', ');

type Row = Record<string, string> & { amount: string; absorbed: string; cost: string; currency: string };

/** Sums of usage, exact to this moment: one statement sees rollups and what is not yet in them. */
@Injectable()
export class UsageRepository {
  constructor(private readonly database: Database) {}

  /** Up to `limit` sums, in the order of their groups. */
  async sum(query: UsageQuery, limit: number): Promise<UsageSum[]> {
    const { hours, edges } = splitByHour(query);
    const groups = query.groupBy.map((grouping) => GROUP_SQL[grouping]);
    const selected = groups.map(({ sql, name }) => `${sql} as "${name}", `).join('');
    const keys = [...groups.map(({ sql }) => sql), 'w.currency'].join(', ');
    const rows = await this.database.query<Row>(
      `select ${selected} w.currency, ${QUANTITIES}, sum(u.amount_nano - u.absorbed_nano) as amount,
         sum(u.absorbed_nano) as absorbed, sum(u.cost_nano) as cost
       from (${SOURCES}) u join wallet w on w.id = u.wallet_id join provider v on v.id = u.provider_id
       where ($5::uuid is null or u.organization_id = $5) and ($6::uuid is null or u.project_id = $6)
         and ($7::uuid is null or u.api_key_id = $7) and ($8::text is null or u.model_id = $8)
         and ($9::text is null or v.slug = $9)
       group by ${keys} order by ${keys} limit $10`,
      [
        hours?.from ?? query.from,
        hours?.to ?? query.from,
        edges.map((edge) => edge.from),
        edges.map((edge) => edge.to),
        query.organizationId ?? null,
        query.projectId ?? null,
        query.keyId ?? null,
        query.model ?? null,
        query.provider ?? null,
        limit,
      ],
    );
    return rows.map((row) => toSum(row));
  }
}

function toSum(row: Row): UsageSum {
  const quantities = TOKEN_CLASSES.map((tokenClass) => [tokenClass, Number(row[tokenClass])] as const);
  return {
    organizationId: row['organizationId'],
    projectId: row['projectId'],
    keyId: row['keyId'],
    model: row['model'],
    provider: row['provider'],
    day: row['day'],
    currency: row.currency,
    quantities: Object.fromEntries(quantities.filter(([, quantity]) => quantity !== 0)),
    amountNano: BigInt(row.amount),
    absorbedNano: BigInt(row.absorbed),
    costNano: BigInt(row.cost),
  };
}
