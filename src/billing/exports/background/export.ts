import { publicId } from '../../../core/ids.js';
import type { JsonObject } from '../../../core/json.js';
import type { FileTotals } from '../exports.service.js';
import { FILE_TYPES } from '../file-types.js';
import { fileNameOf, type ReportOrder } from '../report-order.js';

/**
 * queued: waits for a worker. running: one writes it. ready: its file can be fetched. failed: it will not be; `error` says why.
 * expired: its file is gone.
 */
export type ExportStatus = 'queued' | 'running' | 'ready' | 'failed' | 'expired';

/** Why an export failed, in words an admin may read. */
export interface ExportError {
  code: string;
  message: string;
}

/** What a file holds, for whoever checks that all of it arrived: kept as it is with the export. */
export interface Manifest {
  schema_version: string;
  report: string;
  format: string;
  parameters: JsonObject;
  /** The state of the books it shows. */
  snapshot_at: string;
  rows: number;
  /** Of every column of money, by currency; decimal text. */
  sums: { column: string; currency: string; sum: string }[];
  files: ManifestFile[];
}

/** One file of an export. */
export interface ManifestFile {
  name: string;
  media_type: string;
  bytes: number;
  /** In hex, over the bytes of the file. */
  sha256: string;
}

/** An export as it is stored. */
export interface StoredExport {
  id: string;
  order: ReportOrder;
  /** Null: of every customer. */
  organizationId: string | null;
  status: ExportStatus;
  /** As the audit log names who asked for it. */
  createdBy: string;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** When the file goes; null while there is none. */
  expiresAt: Date | null;
  rowsDone: number;
  /** Null: not known before it is done. */
  rowsExpected: number | null;
  error: ExportError | null;
  manifest: Manifest | null;
  /** Where the file is kept; null while there is none. */
  storageKey: string | null;
}

/** The manifest of a file that is whole. */
export function manifestOf(
  order: ReportOrder,
  totals: FileTotals,
  file: { bytes: number; sha256: string },
): Manifest {
  const { extension, mediaType } = FILE_TYPES[order.format];
  return {
    schema_version: totals.schemaVersion,
    report: order.report,
    format: order.format,
    parameters: parametersOf(order),
    snapshot_at: totals.takenAt.toISOString(),
    rows: totals.rows,
    sums: totals.sums.map(({ name, currency, sum }) => ({ column: name, currency, sum })),
    files: [{ name: fileNameOf(order, extension), media_type: mediaType, ...file }],
  };
}

/** What was asked for, without what was left out. */
export const parametersOf = ({ fields }: ReportOrder): JsonObject =>
  JSON.parse(JSON.stringify(fields)) as JsonObject;

/** A time-limited address of the file, for those who have no key at hand. */
export interface DownloadLink {
  path: string;
  expiresAt: Date;
}

/** An export as the API shows it. */
export function showExport(stored: StoredExport, link: DownloadLink | null) {
  const { order, manifest, rowsDone, rowsExpected, status } = stored;
  const isWhole = status === 'ready' || status === 'expired';
  const expected = isWhole ? rowsDone : rowsExpected;
  return {
    object: 'export',
    id: publicId('export', stored.id),
    report: order.report,
    format: order.format,
    organization: stored.organizationId === null ? null : publicId('organization', stored.organizationId),
    parameters: parametersOf(order),
    status,
    progress: { rows: rowsDone, expected_rows: expected, percent: percentOf(rowsDone, expected, isWhole) },
    error: stored.error,
    created_by: stored.createdBy,
    created_at: stored.createdAt.toISOString(),
    started_at: stored.startedAt?.toISOString() ?? null,
    finished_at: stored.finishedAt?.toISOString() ?? null,
    expires_at: stored.expiresAt?.toISOString() ?? null,
    manifest,
    download_url: link?.path ?? null,
    download_url_expires_at: link?.expiresAt.toISOString() ?? null,
  };
}

/** Whole per cent, 100 only when all of it is there; null while the whole is not known. */
function percentOf(rows: number, expected: number | null, isWhole: boolean): number | null {
  if (isWhole) return 100;
  if (expected === null) return null;
  return expected === 0 ? 0 : Math.min(99, Math.floor((rows * 100) / expected));
}
