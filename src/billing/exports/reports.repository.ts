import { Injectable } from '@nestjs/common';
import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { Snapshot } from '../../platform/database/snapshot.service.js';
import { copyStatement, countStatement, type RowSource } from './copy-statement.js';
import { addSums, columnSumsSql, type ReportSum } from './column-sums.js';
import type { Notation } from './export-column.js';
import { boundarySql, type ReportPlan, type UsagePart } from './report-plan.js';
import { endOf, filterSql, wholeOf, type Place } from './usage-filter.js';

/** Events read with one statement: what PostgreSQL sorts at a time. */
const SLICE_EVENTS = 100_000;

/** Reads one report from one unchanging state of the database. */
export interface ReportReader {
  /** The rows as PostgreSQL writes them in this notation, in pieces. */
  copy: (notation: Notation) => AsyncGenerator<Buffer>;
  /** Of every column of money, by currency. */
  sums: () => Promise<ReportSum[]>;
  /** Rows of the report, counted no further than one above the limit. */
  count: (limit: number) => Promise<number>;
  /**
   * How many rows there will be, cheaply: exact where a report is one statement; of single calls the priced lines, of which
   * some become two rows; null where only reading it tells.
   */
  expectedRows: () => Promise<number | null>;
  /** The instant (database clock) of the state that is read. */
  takenAt: () => Promise<Date>;
}

/** Opens snapshots and reads reports from them. */
@Injectable()
export class ReportsRepository {
  constructor(private readonly snapshot: Snapshot) {}

  /** Lets `work` read the report; the snapshot ends with it, or when its reader leaves. */
  read<Piece>(
    plan: ReportPlan,
    work: (reader: ReportReader) => AsyncGenerator<Piece>,
  ): AsyncGenerator<Piece> {
    return this.snapshot.iterate((client) => work(new SnapshotReader(client, plan)));
  }

  /** Rows of one statement from a snapshot of their own, in pieces. */
  copy(statement: string): AsyncGenerator<Buffer> {
    return this.snapshot.iterate((client) => copied(client, statement));
  }
}

class SnapshotReader implements ReportReader {
  constructor(
    private readonly client: Client,
    private readonly plan: ReportPlan,
  ) {}

  async *copy(notation: Notation): AsyncGenerator<Buffer> {
    // A hash table or a sort of one slice stays in memory; whole tables are joined by their indexes.
    await this.client.query(`set local work_mem = '64MB'; set local jit = off`);
    for await (const source of this.parts()) {
      yield* copied(this.client, copyStatement(this.plan.columns, source, notation));
    }
  }

  async count(limit: number): Promise<number> {
    let rows = 0;
    for await (const source of this.parts()) {
      const answer = await this.client.query<{ rows: number }>(countStatement(source, limit - rows));
      rows += answer.rows[0]?.rows ?? 0;
      if (rows > limit) break;
    }
    return rows;
  }

  async expectedRows(): Promise<number | null> {
    const { usage, tables } = this.plan;
    if (usage === undefined) return this.count(Number.MAX_SAFE_INTEGER - 1);
    if (usage.granularity !== 'request') return null;
    const { rows } = await this.client.query<{ n: string }>(
      `select count(*) as n from usage_event e join usage_event_line y on y.event_id = e.id where ${filterSql(usage.filter)}`,
    );
    let expected = Number(rows[0]?.n);
    for (const table of tables) {
      const answer = await this.client.query<{ rows: number }>(
        countStatement(table, Number.MAX_SAFE_INTEGER - 1),
      );
      expected += answer.rows[0]?.rows ?? 0;
    }
    return expected;
  }

  async sums(): Promise<ReportSum[]> {
    const { sumsSql, columns } = this.plan;
    if (sumsSql !== undefined) return (await this.client.query<ReportSum>(sumsSql)).rows;
    const sums: ReportSum[] = [];
    for await (const source of this.parts()) {
      const sql = columnSumsSql(columns, source);
      if (sql !== '') sums.push(...(await this.client.query<ReportSum>(sql)).rows);
    }
    return addSums(sums);
  }

  async takenAt(): Promise<Date> {
    const { rows } = await this.client.query<{ at: Date }>('select billing_now() as at');
    return rows[0]?.at as Date;
  }

  private async *parts(): AsyncGenerator<RowSource> {
    const { usage, tables } = this.plan;
    if (usage !== undefined) yield* usage.granularity === 'request' ? this.slices(usage) : this.spans(usage);
    yield* tables;
  }

  private async *slices({ filter, source }: UsagePart): AsyncGenerator<RowSource> {
    let { after } = wholeOf(filter);
    for (;;) {
      const { rows } = await this.client.query<Place>(boundarySql(filter, after, SLICE_EVENTS));
      const [upTo] = rows;
      yield source(filter, { after, upTo });
      if (upTo === undefined) return;
      after = upTo;
    }
  }

  /** Each day or month that has usage, one after another. */
  private async *spans({ filter, granularity, source }: UsagePart): AsyncGenerator<RowSource> {
    const { to } = filter;
    let { from } = filter;
    while (from < to && granularity !== 'request') {
      const { rows } = await this.client.query<{ at: Date }>(
        `select e.recorded_at as at from usage_event e where ${filterSql({ ...filter, from })}
         order by e.recorded_at, e.id limit 1`,
      );
      const [first] = rows;
      if (first === undefined) return;
      const end = endOf(granularity, first.at);
      const span = { ...filter, from, to: end < to ? end : to };
      yield source(span, wholeOf(span));
      from = end;
    }
  }
}

async function* copied(client: Client, statement: string): AsyncGenerator<Buffer> {
  const stream = client.query(copyTo(statement));
  for await (const piece of stream) yield piece as Buffer;
}
