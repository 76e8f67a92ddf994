import { Injectable } from '@nestjs/common';
import type { Client } from 'pg';
import { publicId } from '../../core/ids.js';
import { Snapshot } from '../../platform/database/snapshot.service.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import type { PastLine } from './rerate.js';

/** Which charges: those recorded in `[from, to)`. */
export interface PastWindow {
  from: Date;
  to: Date;
  organizationId?: string | undefined;
  modelId?: string | undefined;
}

/** Charges read at a time. */
const PAGE = 2_000;

const PAGE_SQL = `
with page as (
  select * from usage_event e
  where (e.recorded_at, e.id) > ($1::timestamptz, $2::uuid) and e.recorded_at < $3::timestamptz
    and ($4::uuid is null or e.organization_id = $4) and ($5::text is null or e.model_id = $5)
  order by e.recorded_at, e.id limit ${PAGE})
select e.id as "eventId", e.recorded_at::text as place, e.organization_id as "organizationId", e.model_id as "modelId",
  e.provider_id as "providerId", e.currency, e.raw_usage ->> 'service_tier' as "serviceTier", l.token_class as "tokenClass", s.token_class as "pricedAs",
  coalesce(s.multiplier_ppm, 1000000)::float8 as "multiplierPpm",
  abs(coalesce(e.input_tokens, 0) + coalesce(e.cache_read_tokens, 0) + coalesce(e.cache_write_5m_tokens, 0)
    + coalesce(e.cache_write_1h_tokens, 0))::float8 as "inputTokens", l.quantity, l.amount_nano as "amountNano"
from page e left join usage_event_line l on l.event_id = e.id
left join price_version v on v.id = l.price_version_id left join sku s on s.id = v.sku_id
order by e.recorded_at, e.id`;

type Row = Omit<PastLine, 'quantity' | 'amountNano'> & {
  eventId: string;
  place: string;
  /** Null: a charge without any line. */
  quantity: string | null;
  amountNano: string;
};

/** Reads past charges from one unchanging state, a page at a time. */
@Injectable()
export class PastLinesRepository {
  constructor(private readonly snapshot: Snapshot) {}

  /** Throws not_found, which names the field, for an organization that is none. */
  read(window: PastWindow): AsyncGenerator<PastLine[]> {
    return this.snapshot.iterate((client) => readPages(client, window));
  }
}

async function* readPages(client: Client, window: PastWindow): AsyncGenerator<PastLine[]> {
  const { organizationId } = window;
  if (organizationId !== undefined) {
    const { rows } = await client.query('select 1 from organization where id = $1', [organizationId]);
    if (rows.length === 0)
      throw notFound('organization', publicId('organization', organizationId), 'organization');
  }
  // No id is smaller than this one: the first page begins with the first instant itself.
  let after = { place: window.from.toISOString(), eventId: '00000000-0000-0000-0000-000000000000' };
  for (;;) {
    const { rows } = await client.query<Row>(PAGE_SQL, [
      after.place,
      after.eventId,
      window.to,
      organizationId ?? null,
      window.modelId ?? null,
    ]);
    const last = rows.at(-1);
    if (!last) return;
    yield rows.flatMap((row) =>
      row.quantity === null
        ? []
        : [{ ...row, quantity: BigInt(row.quantity), amountNano: BigInt(row.amountNano) }],
    );
    after = last;
  }
}
