import { Injectable } from '@nestjs/common';
import type { JsonObject } from '../../core/json.js';
import { Database } from '../../platform/database/database.service.js';
import type {
  AttemptRecord,
  ChargeLine,
  RequestDetail,
  RequestRecord,
  RequestStatus,
} from './request-record.js';

/** Which calls to list; every filter given must match. */
export interface RequestFilter {
  organizationId?: string | undefined;
  keyId?: string | undefined;
  model?: string | undefined;
  status?: RequestStatus | undefined;
  /** Started in `[from, to)`. */
  from?: Date | undefined;
  to?: Date | undefined;
  /** UUID; only calls with a smaller id, which began earlier. */
  beforeId?: string | undefined;
  limit: number;
}

const FINISHED = `select r.id, r.organization_id as "organizationId", r.project_id as "projectId", r.api_key_id as "keyId",
  r.deployment_id as "deploymentId", r.provider_id, r.protocol, r.streamed, r.model_requested as "modelRequested",
  r.model_id as model, r.status, r.http_status as "httpStatus", r.error_type as "errorType", r.finish_reason as "finishReason",
  r.usage_source as "usageSource", r.end_user as "endUser", r.warnings, r.upstream_id as "upstreamId",
  r.started_at as "startedAt", r.first_token_ms as "firstTokenMs", r.duration_ms as "durationMs", r.wallet_id
  from request r`;

const RUNNING = `select h.id, h.organization_id, h.project_id, h.api_key_id, h.deployment_id, h.provider_id, h.protocol, h.streamed,
  h.model_requested, h.model_id, 'in_progress', null::integer, null, null, null, null, '{}'::text[], null, h.created_at,
  null::integer, null::integer, h.wallet_id
  from hold h`;

const where = (table: 'r' | 'h', startedAt: string, status: string): string => `
  where ($1::uuid is null or ${table}.organization_id = $1) and ($2::uuid is null or ${table}.api_key_id = $2)
    and ($3::text is null or ${table}.model_id = $3) and ${status}
    and ($5::timestamptz is null or ${table}.${startedAt} >= $5) and ($6::timestamptz is null or ${table}.${startedAt} < $6)
    and ($7::uuid is null or ${table}.id < $7)
  order by ${table}.id desc limit $8`;

/** Every column of the sources but those that only join. */
const COLUMNS = `c.id, c."organizationId", c."projectId", c."keyId", c."deploymentId", c.protocol, c.streamed, c."modelRequested",
  c.model, c.status, c."httpStatus", c."errorType", c."finishReason", c."usageSource", c."endUser", c.warnings, c."upstreamId",
  c."startedAt", c."firstTokenMs", c."durationMs"`;

const LIST_SQL = `
  select ${COLUMNS}, v.slug as provider, w.currency, h.amount_nano as "heldNano", e.amount_nano as "amountNano",
    e.absorbed_nano as "absorbedNano"
  from ((${FINISHED} ${where('r', 'started_at', '($4::text is null or r.status = $4)')})
        union all
        (${RUNNING} ${where('h', 'created_at', `h.state = 'open' and coalesce($4::text, 'in_progress') = 'in_progress'`)})) c
  join provider v on v.id = c.provider_id join wallet w on w.id = c.wallet_id
  left join hold h on h.id = c.id left join usage_event e on e.request_id = c.id and e.kind = 'usage'
  order by c.id desc limit $8`;

const ONE_SQL = `
  select ${COLUMNS}, v.slug as provider, w.currency, h.amount_nano as "heldNano", e.amount_nano as "amountNano",
    e.absorbed_nano as "absorbedNano"
  from (${FINISHED} where r.id = $1 union all ${RUNNING} where h.id = $1 and h.state = 'open') c
  join provider v on v.id = c.provider_id join wallet w on w.id = c.wallet_id
  left join hold h on h.id = c.id left join usage_event e on e.request_id = c.id and e.kind = 'usage'`;

type RequestRow = Omit<RequestRecord, 'heldNano' | 'amountNano' | 'absorbedNano'> & {
  heldNano: string | null;
  amountNano: string | null;
  absorbedNano: string | null;
};

type ChargeRow = {
  [Key in keyof ChargeLine]: ChargeLine[Key] extends bigint
    ? string
    : ChargeLine[Key] extends bigint | null
      ? string | null
      : ChargeLine[Key];
} & {
  eventId: string;
  estimated: boolean;
  reasoningTokens: string | null;
  pricedAt: Date;
  reversed: boolean;
};

/** Calls, finished and running, as admins look them up. */
@Injectable()
export class RequestsRepository {
  constructor(private readonly database: Database) {}

  /** Newest first. */
  async list(filter: RequestFilter): Promise<RequestRecord[]> {
    const rows = await this.database.query<RequestRow>(LIST_SQL, [
      filter.organizationId ?? null,
      filter.keyId ?? null,
      filter.model ?? null,
      filter.status ?? null,
      filter.from ?? null,
      filter.to ?? null,
      filter.beforeId ?? null,
      filter.limit,
    ]);
    return rows.map(toRequest);
  }

  /** One call with its attempts and its charge; null when there is none of this id. */
  async find(id: string): Promise<RequestDetail | null> {
    const [row] = await this.database.query<RequestRow>(ONE_SQL, [id]);
    if (!row) return null;
    const attempts = await this.database.query<Omit<AttemptRecord, 'costNano'> & { costNano: string }>(
      `select a.seq, a.deployment_id as "deploymentId", a.credential_id as "credentialId", v.slug as provider, a.upstream_model as "upstreamModel", a.outcome,
         a.status, a.error_type as "errorType", a.upstream_id as "upstreamId", a.cost_nano as "costNano",
         a.duration_ms as "durationMs"
       from attempt a join provider v on v.id = a.provider_id where a.request_id = $1 order by a.seq`,
      [id],
    );
    const [routed] = await this.database.query<{ route: JsonObject | null }>(
      'select route from request where id = $1',
      [id],
    );
    return {
      request: toRequest(row),
      route: routed?.route ?? null,
      attempts: attempts.map((attempt) => ({ ...attempt, costNano: BigInt(attempt.costNano) })),
      charge: await this.findCharge(id),
    };
  }

  private async findCharge(requestId: string): Promise<RequestDetail['charge']> {
    const rows = await this.database.query<ChargeRow>(
      `select e.id as "eventId", e.estimated, e.reasoning_tokens as "reasoningTokens", e.priced_at as "pricedAt", l.token_class as "tokenClass", l.quantity,
         l.unit_price_pico as "unitPricePico", l.price_version_id as "priceVersionId", lower(p.valid) as "priceValidFrom", p.base_id as "basePriceId", s.multiplier_ppm as "multiplierPpm", b.unit_price_pico as "basePricePico",
         l.amount_nano as "amountNano", l.absorbed_nano as "absorbedNano",
         exists (select 1 from usage_event x where x.reverses_id = e.id) as reversed
       from usage_event e left join usage_event_line l on l.event_id = e.id left join price_version p on p.id = l.price_version_id
         left join sku s on s.id = p.sku_id left join price_version b on b.id = p.base_id
       where e.request_id = $1 and e.kind = 'usage' order by l.token_class, l.price_version_id`,
      [requestId],
    );
    const [first] = rows;
    if (!first) return null;
    const { eventId, estimated, pricedAt, reversed } = first;
    return {
      eventId,
      estimated,
      reasoningTokens: first.reasoningTokens === null ? null : Number(first.reasoningTokens),
      pricedAt,
      reversed,
      lines: rows.filter((row) => row.tokenClass !== null).map(toLine),
    };
  }
}

const bigintOrNull = (text: string | null): bigint | null => (text === null ? null : BigInt(text));

function toRequest(row: RequestRow): RequestRecord {
  return {
    ...row,
    heldNano: bigintOrNull(row.heldNano),
    amountNano: bigintOrNull(row.amountNano),
    absorbedNano: bigintOrNull(row.absorbedNano),
  };
}

const toLine = (row: ChargeRow): ChargeLine => ({
  tokenClass: row.tokenClass,
  quantity: BigInt(row.quantity),
  unitPricePico: BigInt(row.unitPricePico),
  priceVersionId: row.priceVersionId,
  multiplierPpm: BigInt(row.multiplierPpm),
  basePriceId: row.basePriceId,
  basePricePico: row.basePricePico === null ? null : BigInt(row.basePricePico),
  priceValidFrom: row.priceValidFrom,
  amountNano: BigInt(row.amountNano),
  absorbedNano: BigInt(row.absorbedNano),
});
