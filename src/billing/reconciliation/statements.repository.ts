import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { MeasureResult } from './comparison.js';
import type { Explanation } from './explain.js';
import type { StatedLine, StatementFormat } from './statement.js';
import type { Cause, JudgedRow } from './verdict.js';
import { Database } from '../../platform/database/database.service.js';

/** A statement as it is kept. Costs in nano of `currency`. */
export interface StoredStatement {
  /** UUID. */
  id: string;
  providerId: string;
  providerSlug: string;
  format: StatementFormat;
  currency: string;
  /** UTC, inclusive. */
  firstDay: string;
  lastDay: string;
  /** Null: only quantities were stated. */
  statedCostNano: bigint | null;
  /** What the books accrued for these days when the statement came. */
  accruedCostNano: bigint;
  /** What of it nobody was charged for: attempts that failed, and test calls of the house. */
  accruedUnbilledNano: bigint;
  openCostNano: bigint;
  tolerancePpm: number;
  toleranceNano: bigint;
  /** How many rows of each status, and the quantities stated and open, digits. */
  counts: Record<string, string>;
  status: 'agreed' | 'open' | 'accepted' | 'paid';
  /** Whose books took the provider's figure; null until accepted. */
  legalEntityId: string | null;
  createdAt: Date;
}

/** A statement as it is handed in: the SHA-256 of its file, so that none counts twice, and who gave it. */
export type NewStatement = Omit<StoredStatement, 'providerSlug' | 'legalEntityId' | 'createdAt'> & {
  sourceSha256: string;
  createdBy: string;
};

/** A row of a comparison as it is kept. */
export interface StoredResult {
  seq: number;
  day: string;
  ref: string | null;
  model: string | null;
  tokenClass: string | null;
  status: JudgedRow['status'];
  cause: Cause | null;
  quantity: StoredMeasure | null;
  cost: StoredMeasure | null;
}

/** Digits instead of numbers. */
export interface StoredMeasure {
  stated: string;
  booked: string;
  explained: { reason: Explanation['reason']; amount: string }[];
  open: string;
}

const COLUMNS = `s.id, s.provider_id as "providerId", p.slug as "providerSlug", s.format, s.currency,
  lower(s.days)::text as "firstDay", (upper(s.days) - 1)::text as "lastDay", s.stated_cost_nano as "statedCostNano",
  s.accrued_cost_nano as "accruedCostNano", s.accrued_unbilled_nano as "accruedUnbilledNano", s.open_cost_nano as "openCostNano", s.tolerance_ppm as "tolerancePpm",
  s.tolerance_nano as "toleranceNano", s.counts, s.status, s.legal_entity_id as "legalEntityId", s.created_at as "createdAt"`;

type Nano = 'accruedCostNano' | 'accruedUnbilledNano' | 'openCostNano' | 'toleranceNano';
type Row = Omit<StoredStatement, 'statedCostNano' | Nano> &
  Record<Nano, string> & { statedCostNano: string | null };

const toStatement = (row: Row): StoredStatement => ({
  ...row,
  statedCostNano: row.statedCostNano === null ? null : BigInt(row.statedCostNano),
  accruedCostNano: BigInt(row.accruedCostNano),
  accruedUnbilledNano: BigInt(row.accruedUnbilledNano),
  openCostNano: BigInt(row.openCostNano),
  toleranceNano: BigInt(row.toleranceNano),
});

/** Reads and writes provider statements. */
@Injectable()
export class StatementsRepository {
  constructor(private readonly database: Database) {}

  async findProvider(slug: string): Promise<string | null> {
    const rows = await this.database.query<{ id: string }>('select id from provider where slug = $1', [slug]);
    return rows[0]?.id ?? null;
  }

  /** Writes a statement with its lines and results; false when the same file of this provider is there already. */
  async insert(
    client: PoolClient,
    statement: NewStatement,
    parts: { lines: readonly StatedLine[]; rows: readonly JudgedRow[] },
  ): Promise<boolean> {
    const { rowCount } = await client.query(
      `insert into provider_statement (id, provider_id, format, source_sha256, currency, days, stated_cost_nano, accrued_cost_nano,
         open_cost_nano, tolerance_ppm, tolerance_nano, counts, status, created_by,
         accrued_unbilled_nano)
       values ($1, $2, $3, $4, $5, daterange($6::date, $7::date, '[]'), $8, $9, $10, $11, $12, $13::jsonb, $14, $15, $16)
       on conflict (provider_id, source_sha256) do nothing`,
      [
        statement.id,
        statement.providerId,
        statement.format,
        statement.sourceSha256,
        statement.currency,
        statement.firstDay,
        statement.lastDay,
        statement.statedCostNano,
        statement.accruedCostNano,
        statement.openCostNano,
        statement.tolerancePpm,
        statement.toleranceNano,
        JSON.stringify(statement.counts),
        statement.status,
        statement.createdBy,
        statement.accruedUnbilledNano,
      ],
    );
    if (rowCount === 0) return false;
    await insertLines(client, statement.id, parts.lines);
    await insertRows(client, statement.id, parts.rows);
    return true;
  }

  async findBySource(providerId: string, sourceSha256: string): Promise<StoredStatement | null> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from provider_statement s join provider p on p.id = s.provider_id
       where s.provider_id = $1 and s.source_sha256 = $2`,
      [providerId, sourceSha256],
    );
    return rows[0] ? toStatement(rows[0]) : null;
  }

  async find(id: string): Promise<StoredStatement | null> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from provider_statement s join provider p on p.id = s.provider_id where s.id = $1`,
      [id],
    );
    return rows[0] ? toStatement(rows[0]) : null;
  }

  /** The statement, locked until the transaction ends. */
  async lock(client: PoolClient, id: string): Promise<StoredStatement | null> {
    const { rows } = await client.query<Row>(
      `select ${COLUMNS} from provider_statement s join provider p on p.id = s.provider_id where s.id = $1 for update of s`,
      [id],
    );
    return rows[0] ? toStatement(rows[0]) : null;
  }

  /** Newest first, one more than the limit when there are as many. */
  async list(filter: {
    provider?: string | undefined;
    beforeId?: string | undefined;
    limit: number;
  }): Promise<StoredStatement[]> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from provider_statement s join provider p on p.id = s.provider_id
       where ($1::text is null or p.slug = $1) and ($2::uuid is null or s.id < $2) order by s.id desc limit $3`,
      [filter.provider ?? null, filter.beforeId ?? null, filter.limit + 1],
    );
    return rows.map(toStatement);
  }

  /** Rows of a comparison in order, one more than the limit when there are as many. */
  listResults(
    statementId: string,
    filter: { status?: string | undefined; afterSeq?: string | undefined; limit: number },
  ): Promise<StoredResult[]> {
    return this.database.query<StoredResult>(
      `select seq, day::text as day, request_ref as ref, model, token_class as "tokenClass", status, cause, quantity, cost
       from reconciliation_result where statement_id = $1 and ($2::text is null or status = $2) and seq > $3::bigint order by seq limit $4`,
      [statementId, filter.status ?? null, filter.afterSeq ?? '0', filter.limit + 1],
    );
  }

  /** Moves a statement forward. */
  async advance(
    client: PoolClient,
    id: string,
    status: 'accepted' | 'paid',
    legalEntityId: string | null,
  ): Promise<void> {
    await client.query(
      'update provider_statement set status = $2, legal_entity_id = coalesce(legal_entity_id, $3::uuid) where id = $1',
      [id, status, legalEntityId],
    );
  }

  /** Whether the legal entity exists; without one named, the only or oldest one. */
  async findEntity(client: PoolClient, id: string | undefined): Promise<string | null> {
    const { rows } = await client.query<{ id: string }>(
      'select id from legal_entity where $1::uuid is null or id = $1 order by created_at, id limit 1',
      [id ?? null],
    );
    return rows[0]?.id ?? null;
  }
}

const BATCH = 5_000;

async function insertLines(client: PoolClient, id: string, lines: readonly StatedLine[]): Promise<void> {
  for (let from = 0; from < lines.length; from += BATCH) {
    const part = lines.slice(from, from + BATCH);
    await client.query(
      `insert into provider_statement_line (statement_id, seq, day, request_ref, model, token_class, quantity, cost_nano)
       select $1, * from unnest($2::int[], $3::date[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[])`,
      [
        id,
        part.map((_, index) => from + index + 1),
        part.map(({ day }) => day),
        part.map(({ ref }) => ref),
        part.map(({ model }) => model),
        part.map(({ tokenClass }) => tokenClass),
        part.map(({ quantity }) => quantity),
        part.map(({ costNano }) => costNano),
      ],
    );
  }
}

async function insertRows(client: PoolClient, id: string, rows: readonly JudgedRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += BATCH) {
    const part = rows.slice(from, from + BATCH);
    await client.query(
      `insert into reconciliation_result (statement_id, seq, day, request_ref, model, token_class, status, cause, quantity, cost)
       select $1, * from unnest($2::int[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::jsonb[],
         $10::jsonb[])`,
      [
        id,
        part.map((_, index) => from + index + 1),
        part.map(({ day }) => day),
        part.map(({ ref }) => ref),
        part.map(({ model }) => model),
        part.map(({ tokenClass }) => tokenClass),
        part.map(({ status }) => status),
        part.map(({ cause }) => cause),
        part.map(({ quantity }) => stored(quantity)),
        part.map(({ cost }) => stored(cost)),
      ],
    );
  }
}

const stored = (result: MeasureResult | null): string | null =>
  result === null
    ? null
    : JSON.stringify(result, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
