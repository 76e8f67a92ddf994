import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { publicId } from '../../core/ids.js';
import { Database } from '../../platform/database/database.service.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import type { ChargedEvent, ChargedLine, Correction, CorrectingPrice, NewCharge } from './correction.js';

/** A correction about to be recorded. */
export interface NewCorrection extends Omit<Correction, 'status' | 'createdAt'> {
  createdBy: string;
  idempotencyKey: string;
}

/** A reversal of what was invoiced and what of it the customer owes no more. */
export interface ReversalToCredit {
  eventId: string;
  invoiceId: string;
  periodId: string;
  /** The part that no credit had paid, > 0. */
  amountNano: bigint;
  /** The customer's part of each line, in order; nano, > 0. */
  lines: { modelId: string; tokenClass: string; priceVersionId: string; amountNano: bigint }[];
}

interface LineRow {
  tokenClass: string;
  quantity: string;
  priceVersionId: string;
  pico: string;
  cost: string;
  costPriceVersionId: string | null;
}

type EventRow = Omit<ChargedEvent, 'lines'> & { lines: LineRow[] | null };

const COLUMNS = `c.id, c.organization_id as "organizationId", c.reason, c.memo, c.status, c.created_at as "createdAt"`;

/** Corrections, the charges they change, and what of those was invoiced. */
@Injectable()
export class CorrectionsRepository {
  constructor(private readonly database: Database) {}

  async find(organizationId: string, id: string): Promise<Correction | null> {
    const rows = await this.database.query<Correction>(
      `select ${COLUMNS} from correction c where c.id = $2 and c.organization_id = $1`,
      [organizationId, id],
    );
    return rows[0] ?? null;
  }

  async findByKey(client: PoolClient, idempotencyKey: string): Promise<Correction | null> {
    const { rows } = await client.query<Correction>(
      `select ${COLUMNS} from correction c where c.idempotency_key = $1`,
      [idempotencyKey],
    );
    return rows[0] ?? null;
  }

  /** A correction that must be there. */
  async get(client: PoolClient, id: string): Promise<Correction> {
    const { rows } = await client.query<Correction>(`select ${COLUMNS} from correction c where c.id = $1`, [
      id,
    ]);
    const [row] = rows;
    if (!row) throw new Error(`correction ${id} vanished`);
    return row;
  }

  /** False when the idempotency key was used before. */
  async insert(client: PoolClient, correction: NewCorrection): Promise<boolean> {
    const { id, organizationId, reason, memo, createdBy, idempotencyKey } = correction;
    const { rowCount } = await client.query(
      `insert into correction (id, organization_id, reason, memo, created_by, idempotency_key)
       values ($1, $2, $3, $4, $5, $6) on conflict (idempotency_key) do nothing`,
      [id, organizationId, reason, memo, createdBy, idempotencyKey],
    );
    return rowCount === 1;
  }

  /** Periods stay as they are until the transaction ends; settlements go on. */
  async lockPeriods(client: PoolClient, organizationId: string): Promise<Date> {
    await client.query('select lock_organization_shared($1)', [organizationId]);
    const { rows } = await client.query<{ now: Date }>(
      `select date_trunc('milliseconds', billing_now()) as now from organization o, open_period(o.id) where o.id = $1`,
      [organizationId],
    );
    const [row] = rows;
    if (!row) throw notFound('organization', publicId('organization', organizationId));
    return row.now;
  }

  /** The charges of these events, or of these requests as they stand now, of one organization. */
  async listCharges(client: PoolClient, organizationId: string, ids: string[]): Promise<ChargedEvent[]> {
    const { rows } = await client.query<EventRow>(
      `select e.id, e.request_id as "requestId", e.model_id as "modelId", e.priced_at as "pricedAt",
         exists (select 1 from usage_event r where r.reverses_id = e.id) as reversed,
         e.period_id = open_period(e.organization_id) as "inOpenPeriod",
         (select i.status from invoice i where i.period_id = e.period_id and i.status <> 'void') as "documentStatus",
         (select jsonb_agg(jsonb_build_object('tokenClass', l.token_class, 'quantity', l.quantity::text,
            'priceVersionId', l.price_version_id, 'pico', l.unit_price_pico::text, 'cost', l.cost_nano::text,
            'costPriceVersionId', l.cost_price_version_id) order by l.token_class, l.price_version_id)
          from usage_event_line l where l.event_id = e.id) as lines
       from usage_event e
       where e.organization_id = $1 and e.kind <> 'reversal' and (e.id = any ($2::uuid[])
         -- Each kind by itself, because each has its own index.
         or ((e.kind = 'usage' and e.request_id = any ($2::uuid[]) or e.kind = 'correction' and e.request_id = any ($2::uuid[]))
             and not exists (select 1 from usage_event r where r.reverses_id = e.id)))`,
      [organizationId, ids],
    );
    return rows.map((row) => ({ ...row, lines: (row.lines ?? []).map(toLine) }));
  }

  /** Prices of these ids, in one currency. */
  async listPrices(client: PoolClient, ids: string[], organizationId: string): Promise<CorrectingPrice[]> {
    const { rows } = await client.query<Omit<CorrectingPrice, 'unitPricePico'> & { pico: string }>(
      `select v.id, s.model_id as "modelId", s.token_class as "tokenClass", v.unit_price_pico as pico,
              lower(v.valid) as "validFrom", upper(v.valid) as "validTo"
       from price_version v join sku s on s.id = v.sku_id join organization o on o.currency = s.currency
       where v.id = any ($1::uuid[]) and o.id = $2 and s.kind = 'list' and coalesce(s.organization_id, o.id) = o.id`,
      [ids, organizationId],
    );
    return rows.map(({ pico, ...price }) => ({ ...price, unitPricePico: BigInt(pico) }));
  }

  /** Writes the reversals and the new charges, and moves the wallet. */
  async correct(
    client: PoolClient,
    correctionId: string,
    items: { event: string; reversal: string; charge: (NewCharge & { event: string }) | null }[],
  ): Promise<void> {
    await client.query('select correct_usage($1, $2::jsonb)', [correctionId, JSON.stringify(items)]);
  }

  /** Whether events of the correction wait to be posted. */
  async isQueued(id: string): Promise<boolean> {
    const rows = await this.database.query(
      'select 1 from usage_event e join usage_pending q on q.event_id = e.id where e.correction_id = $1 limit 1',
      [id],
    );
    return rows.length > 0;
  }

  /** Reversals of the correction whose original was invoiced and that no note has credited. */
  async listToCredit(client: PoolClient, id: string): Promise<ReversalToCredit[]> {
    const { rows } = await client.query<{
      eventId: string;
      invoiceId: string;
      periodId: string;
      amount: string;
      lines: { modelId: string; tokenClass: string; priceVersionId: string; amount: string }[];
    }>(
      `select r.id as "eventId", i.id as "invoiceId", r.period_id as "periodId", f.amount_nano as amount,
         (select jsonb_agg(jsonb_build_object('modelId', r.model_id, 'tokenClass', l.token_class,
            'priceVersionId', l.price_version_id, 'amount', (l.absorbed_nano - l.amount_nano)::text)
            order by l.token_class, l.price_version_id)
          from usage_event_line l where l.event_id = r.id and l.amount_nano <> l.absorbed_nano) as lines
       from usage_event r
       join usage_event o on o.id = r.reverses_id
       join invoice i on i.period_id = o.period_id and i.status in ('finalized', 'paid', 'uncollectible') and i.kind = 'invoice'
       join usage_funding f on f.event_id = r.id and f.funding = 'postpaid'
       where r.correction_id = $1 and r.kind = 'reversal' and o.period_id <> r.period_id
         and not exists (select 1 from credited_reversal c where c.event_id = r.id)
       order by i.id, r.id`,
      [id],
    );
    return rows.map(({ amount, lines, ...row }) => ({
      ...row,
      amountNano: BigInt(amount),
      lines: lines.map(({ amount: nano, ...line }) => ({ ...line, amountNano: BigInt(nano) })),
    }));
  }

  /** Notes that a credit note settles these reversals. */
  async recordCredited(client: PoolClient, noteId: string, reversals: ReversalToCredit[]): Promise<void> {
    await client.query(
      `insert into credited_reversal (event_id, credit_note_id, period_id, amount_nano)
       select event, $1, period, nano from unnest($2::uuid[], $3::uuid[], $4::bigint[]) as r(event, period, nano)`,
      [
        noteId,
        reversals.map(({ eventId }) => eventId),
        reversals.map(({ periodId }) => periodId),
        reversals.map(({ amountNano }) => amountNano),
      ],
    );
  }

  /** Locks a correction that is not settled; false when it is. */
  async lockOpen(client: PoolClient, id: string): Promise<boolean> {
    const { rows } = await client.query(
      `select 1 from correction where id = $1 and status = 'recorded' for update`,
      [id],
    );
    return rows.length > 0;
  }

  async settle(client: PoolClient, id: string): Promise<void> {
    await client.query(`update correction set status = 'settled' where id = $1`, [id]);
  }

  /** Corrections that are not settled, oldest first. */
  async listOpen(limit: number): Promise<{ id: string; organizationId: string }[]> {
    return this.database.query(
      `select id, organization_id as "organizationId" from correction where status = 'recorded' order by created_at limit $1`,
      [limit],
    );
  }

  /** Numbers of the credit notes a correction led to. */
  async listNotes(id: string): Promise<string[]> {
    const rows = await this.database.query<{ number: string }>(
      'select number_text as number from credit_note where correction_id = $1 order by number',
      [id],
    );
    return rows.map(({ number }) => number);
  }
}

const toLine = (line: LineRow): ChargedLine => ({
  tokenClass: line.tokenClass,
  quantity: BigInt(line.quantity),
  priceVersionId: line.priceVersionId,
  unitPricePico: BigInt(line.pico),
  costPriceVersionId: line.costPriceVersionId,
  costNano: BigInt(line.cost),
});
