import { Injectable } from '@nestjs/common';
import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { Snapshot } from '../../platform/database/snapshot.service.js';
import { copyStatement, countStatement, type RowSource } from './copy-statement.js';
import type { Notation } from './export-column.js';
import { boundarySql, wholeOf, type ReportPlan, type UsageReport } from './report-plan.js';
import { endOf, filterSql, type Place } from './usage-filter.js';

/** Events read with one statement: what PostgreSQL sorts at a time. */
const SLICE_EVENTS = 100_000;

/** A sum over a whole report: decimal text, in a currency. */
export interface ReportSum {
  name: string;
  currency: string;
  sum: string;
}

/** Reads one report from one unchanging state of the database. */
export interface ReportReader {
  /** The rows as PostgreSQL writes them in this notation, in pieces. */
  copy: (notation: Notation) => AsyncGenerator<Buffer>;
  /** Rows of the report, counted no further than one above the limit. */
  count: (limit: number) => Promise<number>;
  countEvents: () => Promise<number>;
  sums: () => Promise<ReportSum[]>;
  /** Events that are read; for a measure of progress. */
  eventsRead: () => number;
}

@Injectable()
export class UsageReportRepository {
  constructor(private readonly snapshot: Snapshot) {}

  /** Lets `work` read the report; the snapshot ends with it, or when its reader leaves. */
  read<Piece>(
    report: UsageReport,
    plan: ReportPlan,
    work: (reader: ReportReader) => AsyncGenerator<Piece>,
  ): AsyncGenerator<Piece> {
    return this.snapshot.iterate((client) => work(new SnapshotReader(client, report, plan)));
  }

  /** Rows of one statement from a snapshot of their own, in pieces. */
  copy(statement: string): AsyncGenerator<Buffer> {
    return this.snapshot.iterate((client) => copied(client, statement));
  }
}

class SnapshotReader implements ReportReader {
  private done = 0;

  constructor(
    private readonly client: Client,
    private readonly report: UsageReport,
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
    this.done = 0;
    return rows;
  }

  async countEvents(): Promise<number> {
    const { rows } = await this.client.query<{ n: string }>(
      `select count(*) as n from usage_event e where ${filterSql(this.report)}`,
    );
    return Number(rows[0]?.n);
  }

  async sums(): Promise<ReportSum[]> {
    return (await this.client.query<ReportSum>(this.plan.sumsSql)).rows;
  }

  eventsRead(): number {
    return this.done;
  }

  private async *parts(): AsyncGenerator<RowSource> {
    yield* this.report.granularity === 'request' ? this.slices() : this.spans(this.report.granularity);
    yield* this.plan.documents;
  }

  private async *slices(): AsyncGenerator<RowSource> {
    let { after } = wholeOf(this.report);
    for (;;) {
      const { rows } = await this.client.query<Place>(boundarySql(this.report, after, SLICE_EVENTS));
      const [upTo] = rows;
      yield this.plan.usage(this.report, { after, upTo });
      this.done += SLICE_EVENTS;
      if (upTo === undefined) return;
      after = upTo;
    }
  }

  /** Each day or month that has usage, one after another. */
  private async *spans(granularity: 'day' | 'month'): AsyncGenerator<RowSource> {
    const { to } = this.report;
    let { from } = this.report;
    while (from < to) {
      const { rows } = await this.client.query<{ at: Date }>(
        `select e.recorded_at as at from usage_event e where ${filterSql({ ...this.report, from })}
         order by e.recorded_at, e.id limit 1`,
      );
      const [first] = rows;
      if (first === undefined) return;
      const end = endOf(granularity, first.at);
      const span = { ...this.report, from, to: end < to ? end : to };
      yield this.plan.usage(span, wholeOf(span));
      from = end;
    }
  }
}

async function* copied(client: Client, statement: string): AsyncGenerator<Buffer> {
  const stream = client.query(copyTo(statement));
  for await (const piece of stream) yield piece as Buffer;
}
