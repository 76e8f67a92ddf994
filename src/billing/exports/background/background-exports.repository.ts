import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../../platform/database/database.service.js';
import type { ReportFields, ReportName } from '../report-order.js';
import type { ReportFormat } from '../report-plan.js';
import type { ExportError, ExportStatus, Manifest, StoredExport } from './export.js';

interface Row {
  id: string;
  organization_id: string | null;
  report: ReportName;
  format: ReportFormat;
  parameters: ReportFields;
  status: ExportStatus;
  created_by: string;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  expires_at: Date | null;
  rows_done: string;
  rows_expected: string | null;
  error_code: string | null;
  error_message: string | null;
  manifest: Manifest | null;
  storage_key: string | null;
}

/** A run of an export: only it may write, for as long as it renews its lease. */
export interface ExportRun {
  export: StoredExport;
  runId: string;
  /** This one included. */
  tries: number;
}

/** An export that is about to be ordered. */
export interface NewExport {
  id: string;
  organizationId: string | null;
  report: ReportName;
  format: ReportFormat;
  parameters: object;
  createdBy: string;
  idempotencyKey: string;
}

const COLUMNS = `id, organization_id, report, format, parameters, status, created_by, created_at, started_at, finished_at, expires_at,
  rows_done, rows_expected, error_code, error_message, manifest, storage_key`;

/** Holds only while the run still has its lease. */
const MINE = `id = $1 and run_id = $2 and status = 'running'`;

/** The table that decides what is to be written, by whom, and what is there. */
@Injectable()
export class BackgroundExportsRepository {
  constructor(private readonly database: Database) {}

  /** Null when the key was used before: then find what it made. */
  async insert(client: PoolClient, order: NewExport): Promise<StoredExport | null> {
    const { rows } = await client.query<Row>(
      `insert into export (id, organization_id, report, format, parameters, created_by, idempotency_key)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict (idempotency_key) do nothing returning ${COLUMNS}`,
      [
        order.id,
        order.organizationId,
        order.report,
        order.format,
        JSON.stringify(order.parameters),
        order.createdBy,
        order.idempotencyKey,
      ],
    );
    return rows[0] ? toExport(rows[0]) : null;
  }

  async findByKey(client: PoolClient, idempotencyKey: string): Promise<StoredExport | null> {
    const { rows } = await client.query<Row>(`select ${COLUMNS} from export where idempotency_key = $1`, [
      idempotencyKey,
    ]);
    return rows[0] ? toExport(rows[0]) : null;
  }

  async find(id: string): Promise<StoredExport | null> {
    const [row] = await this.database.query<Row>(`select ${COLUMNS} from export where id = $1`, [id]);
    return row ? toExport(row) : null;
  }

  /** Newest first; of one customer, or all. */
  async list(filter: {
    organizationId: string | undefined;
    status: ExportStatus | undefined;
    beforeId: string | undefined;
    limit: number;
  }): Promise<StoredExport[]> {
    const rows = await this.database.query<Row>(
      `select ${COLUMNS} from export where ($1::uuid is null or organization_id = $1) and ($2::text is null or status = $2)
         and ($3::uuid is null or id < $3) order by id desc limit $4`,
      [filter.organizationId ?? null, filter.status ?? null, filter.beforeId ?? null, filter.limit],
    );
    return rows.map(toExport);
  }

  /**
   * Takes the export that has waited longest, or one whose worker has fallen silent; other workers pass over it. Null when there
   * is nothing to do.
   */
  async claim(runId: string, leaseSeconds: number): Promise<ExportRun | null> {
    const [row] = await this.database.query<Row & { tries: number }>(
      `update export set status = 'running', run_id = $1, leased_until = billing_now() + $2 * interval '1 second', tries = tries + 1,
         started_at = coalesce(started_at, billing_now()), rows_done = 0, rows_expected = null
       where id = (
         select id from export where (status = 'queued' and not_before <= billing_now())
           or (status = 'running' and leased_until < billing_now())
         order by not_before, id limit 1 for update skip locked)
       returning ${COLUMNS}, tries`,
      [runId, leaseSeconds],
    );
    return row ? { export: toExport(row), runId, tries: row.tries } : null;
  }

  /** Notes how far a run is and keeps its lease; false when it has lost it. */
  async renew(
    run: ExportRun,
    progress: { rows: number; expected: number | null },
    leaseSeconds: number,
  ): Promise<boolean> {
    const rows = await this.database.query(
      `update export set leased_until = billing_now() + $3 * interval '1 second', rows_done = $4, rows_expected = $5
       where ${MINE} returning 1 as one`,
      [run.export.id, run.runId, leaseSeconds, progress.rows, progress.expected],
    );
    return rows.length === 1;
  }

  /** The file of a run is the file of the export; false when the run has lost its lease, and its file is nobody's. */
  async finish(
    run: ExportRun,
    done: { storageKey: string; manifest: Manifest; keepHours: number },
  ): Promise<boolean> {
    const rows = await this.database.query(
      `update export set status = 'ready', run_id = null, leased_until = null, finished_at = billing_now(),
         expires_at = billing_now() + $3 * interval '1 hour', rows_done = $4, rows_expected = $4, storage_key = $5, manifest = $6,
         error_code = null, error_message = null
       where ${MINE} returning 1 as one`,
      [
        run.export.id,
        run.runId,
        done.keepHours,
        done.manifest.rows,
        done.storageKey,
        JSON.stringify(done.manifest),
      ],
    );
    return rows.length === 1;
  }

  /** It will not be written. */
  async fail(run: ExportRun, error: ExportError): Promise<void> {
    await this.database.query(
      `update export set status = 'failed', run_id = null, leased_until = null, finished_at = billing_now(), error_code = $3,
         error_message = $4 where ${MINE}`,
      [run.export.id, run.runId, error.code, error.message],
    );
  }

  /** Gives it back to be begun anew after a while; `error` says what went wrong meanwhile, null: nothing did, and it was no try. */
  async giveBack(run: ExportRun, seconds: number, error: ExportError | null): Promise<void> {
    await this.database.query(
      `update export set status = 'queued', run_id = null, leased_until = null, not_before = billing_now() + $3 * interval '1 second',
         error_code = $4, error_message = $5, tries = tries - case when $4::text is null then 1 else 0 end where ${MINE}`,
      [run.export.id, run.runId, seconds, error?.code ?? null, error?.message ?? null],
    );
  }

  /** Ends exports whose time is over; returns the keys of their files. */
  async expire(): Promise<string[]> {
    const rows = await this.database.query<{ storage_key: string }>(
      `with due as (select id, storage_key from export where status = 'ready' and expires_at <= billing_now() for update skip locked)
       update export e set status = 'expired', storage_key = null from due where e.id = due.id returning due.storage_key`,
    );
    return rows.map((row) => row.storage_key);
  }

  /** Which of these keys belong to a file that is there or to a run that is writing. */
  async listLive(keys: string[]): Promise<Set<string>> {
    const rows = await this.database.query<{ key: string }>(
      `select k.key from unnest($1::text[]) k(key) join export e on e.id = split_part(k.key, '/', 1)::uuid
       where e.storage_key = k.key or e.run_id::text = split_part(k.key, '/', 2)`,
      [keys],
    );
    return new Set(rows.map(({ key }) => key));
  }

  /** Whether an admin key may still be used. */
  async isKeyUsable(adminKeyId: string): Promise<boolean> {
    const rows = await this.database.query(
      `select 1 as one from admin_key where id = $1 and status = 'active' and (expires_at is null or expires_at > now())`,
      [adminKeyId],
    );
    return rows.length === 1;
  }
}

const toExport = (row: Row): StoredExport => ({
  id: row.id,
  order: { report: row.report, format: row.format, fields: row.parameters },
  organizationId: row.organization_id,
  status: row.status,
  createdBy: row.created_by,
  createdAt: row.created_at,
  startedAt: row.started_at,
  finishedAt: row.finished_at,
  expiresAt: row.expires_at,
  rowsDone: Number(row.rows_done),
  rowsExpected: row.rows_expected === null ? null : Number(row.rows_expected),
  error:
    row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? row.error_code },
  manifest: row.manifest,
  storageKey: row.storage_key,
});
