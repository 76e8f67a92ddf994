import { Injectable } from '@nestjs/common';
import pg, { type Client } from 'pg';
import { Snapshot } from '../../platform/database/snapshot.service.js';
import { splitByFunding, type FundedLine, type UsageLine } from './funded-line.js';

/** What to report: events recorded in `[from, to)` that match every filter given. */
export interface UsageFilter {
  from: Date;
  to: Date;
  organizationId?: string | undefined;
  projectId?: string | undefined;
  keyId?: string | undefined;
  /** The model's id. */
  model?: string | undefined;
  /** The provider's slug. */
  provider?: string | undefined;
}

/** Events read at a time; what a slow reader makes wait in memory. */
const PAGE = 2_000;

const PAGE_SQL = `
with page as (
  select * from usage_event e
  where (e.recorded_at, e.id) > ($1::timestamptz, $2::uuid) and e.recorded_at < $3::timestamptz
    and ($4::uuid is null or e.organization_id = $4) and ($5::uuid is null or e.project_id = $5)
    and ($6::uuid is null or e.api_key_id = $6) and ($7::text is null or e.model_id = $7)
    and ($8::text is null or e.provider_id = (select id from provider where slug = $8))
  order by e.recorded_at, e.id limit ${PAGE})
select e.id as "eventId", e.request_id as "requestId", e.kind, e.reverses_id as "reversesId", e.occurred_at as "occurredAt",
  e.recorded_at as "recordedAt", e.recorded_at::text as place, p.starts_at as "periodStart", p.ends_at as "periodEnd",
  e.organization_id as "organizationId", o.name as "organizationName", b.id as "billingAccountId", e.project_id as "projectId",
  j.name as "projectName", j.tags ->> 'cost_center' as "costCenter", j.tags::text as "tagsJson", e.api_key_id as "keyId",
  k.name as "keyName", r.end_user as "endUser", v.slug as provider, r.model_requested as "modelRequested", e.model_id as model,
  d.region, e.currency, e.cost_currency as "costCurrency", e.estimated, r.http_status as "httpStatus", r.streamed,
  l.token_class as "tokenClass", l.price_version_id as "priceVersionId", l.quantity, l.unit_price_pico as "unitPricePico",
  coalesce(n.unit_price_pico, l.unit_price_pico) as "listUnitPricePico", l.amount_nano - l.absorbed_nano as "amountNano",
  l.cost_nano as "costNano", abs(l.absorbed_nano) as "absorbedNano", l.before_nano as "beforeNano",
  abs(e.amount_nano) as "chargedNano", coalesce(f.promo_nano, 0) as "promoNano", coalesce(f.postpaid_nano, 0) as "postpaidNano",
  not exists (select 1 from usage_pending q where q.event_id = e.id) as posted
from page e
join billing_period p on p.id = e.period_id
join organization o on o.id = e.organization_id
join project j on j.id = e.project_id
join api_key k on k.id = e.api_key_id
join provider v on v.id = e.provider_id
left join billing_account b on b.organization_id = e.organization_id
left join request r on r.id = e.request_id
left join deployment d on d.id = r.deployment_id
cross join lateral (
  select x.*, coalesce(sum(abs(x.amount_nano - x.absorbed_nano)) over (order by x.token_class, x.price_version_id
    rows between unbounded preceding and 1 preceding), 0) as before_nano
  from usage_event_line x where x.event_id = e.id) l
left join lateral (
  select sum(y.amount_nano) filter (where y.funding = 'prepaid_promo') as promo_nano,
         sum(y.amount_nano) filter (where y.funding = 'postpaid') as postpaid_nano
  from usage_funding y where y.event_id = e.id) f on true
left join lateral (
  select w.unit_price_pico from price_version c join sku s on s.id = c.sku_id
    join sku t on t.kind = 'list' and t.organization_id is null and t.model_id = s.model_id and t.token_class = s.token_class
      and t.tier_from = s.tier_from and t.currency = s.currency and coalesce(t.provider_id, e.provider_id) = e.provider_id
    join price_version w on w.sku_id = t.id and w.valid @> e.priced_at
  where c.id = l.price_version_id and s.organization_id is not null
  order by t.provider_id is null limit 1) n on true
order by e.recorded_at, e.id, l.token_class, l.price_version_id`;

type Texts =
  | 'quantity'
  | 'unitPricePico'
  | 'listUnitPricePico'
  | 'amountNano'
  | 'costNano'
  | 'absorbedNano'
  | 'beforeNano'
  | 'chargedNano'
  | 'promoNano'
  | 'postpaidNano';

type Row = { [Key in Exclude<keyof UsageLine, Texts>]: UsageLine[Key] | null } & Record<Texts, string> & {
    place: string;
    posted: boolean;
  };

/** Reads the usage report from one unchanging state, a page at a time and only as fast as it is taken. */
@Injectable()
export class UsageReportRepository {
  constructor(private readonly snapshot: Snapshot) {}

  /** Pages of rows in the order in which usage was recorded. */
  read(filter: UsageFilter): AsyncGenerator<FundedLine[]> {
    return this.snapshot.iterate((client) => readPages(client, filter));
  }
}

async function* readPages(client: Client, filter: UsageFilter): AsyncGenerator<FundedLine[]> {
  // No id is smaller than this one: the first page begins with the first instant itself.
  let after = { place: filter.from.toISOString(), eventId: '00000000-0000-0000-0000-000000000000' };
  for (;;) {
    // Not prepared: planned anew, each page uses the index that suits the filters that are really given.
    const { rows } = await client.query<Row>({
      text: PAGE_SQL,
      types: rememberingTimes(),
      values: [
        after.place,
        after.eventId,
        filter.to,
        filter.organizationId ?? null,
        filter.projectId ?? null,
        filter.keyId ?? null,
        filter.model ?? null,
        filter.provider ?? null,
      ],
    });
    const last = rows.at(-1);
    if (!last) return;
    yield rows.flatMap(toFundedLines);
    after = { place: last.place, eventId: last.eventId as string };
  }
}

/** Reads each time of a page once: lines share those of their event and of its period, and reading is dear. */
function rememberingTimes(): pg.CustomTypesConfig {
  const { TIMESTAMPTZ } = pg.types.builtins;
  const times = new Map<string, unknown>();
  const readTime = pg.types.getTypeParser(TIMESTAMPTZ, 'text') as (text: string) => unknown;
  const remember = (text: string): unknown => {
    const known = times.get(text) ?? readTime(text);
    times.set(text, known);
    return known;
  };
  const getTypeParser = (oid: number, format: 'text') =>
    oid === TIMESTAMPTZ ? remember : pg.types.getTypeParser(oid, format);
  return { getTypeParser: getTypeParser as typeof pg.types.getTypeParser };
}

function toFundedLines(row: Row): FundedLine[] {
  const { posted, absorbedNano, beforeNano, chargedNano, promoNano, postpaidNano } = row;
  const line = {
    ...row,
    reversesId: row.reversesId ?? undefined,
    billingAccountId: row.billingAccountId ?? undefined,
    costCenter: row.costCenter ?? undefined,
    endUser: row.endUser ?? undefined,
    modelRequested: row.modelRequested ?? undefined,
    region: row.region ?? undefined,
    httpStatus: row.httpStatus ?? undefined,
    streamed: row.streamed ?? undefined,
    quantity: BigInt(row.quantity),
    unitPricePico: BigInt(row.unitPricePico),
    listUnitPricePico: BigInt(row.listUnitPricePico),
    amountNano: BigInt(row.amountNano),
    costNano: BigInt(row.costNano),
  } as UsageLine;
  return splitByFunding(line, {
    posted,
    absorbedNano: BigInt(absorbedNano),
    beforeNano: BigInt(beforeNano),
    chargedNano: BigInt(chargedNano),
    promoNano: BigInt(promoNano),
    postpaidNano: BigInt(postpaidNano),
  });
}
