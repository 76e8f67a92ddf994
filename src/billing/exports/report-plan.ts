import type { RowSource } from './copy-statement.js';
import type { ExportColumn } from './export-column.js';
import type { CsvVariant } from './file-encoder.js';
import { focusColumns } from './focus/focus-columns.js';
import { focusDocumentRows } from './focus/focus-documents.js';
import { costAndUsageSchema } from './focus/focus-metadata.js';
import { focusUsageSource, type FocusVersion } from './focus/focus-source.js';
import { SCHEMA_VERSION, usageColumns } from './usage-columns.js';
import { filterSql, literal, type Granularity, type Slice, type UsageFilter } from './usage-filter.js';
import { USAGE_WITH, usageSource } from './usage-source.js';
import { usageSums } from './usage-sums.js';

/** Formats that any report can be written in. */
export const TABLE_FORMATS = ['csv', 'jsonl', 'parquet', 'xlsx'] as const;
/** One of them. */
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** Every format of a usage report. */
export const REPORT_FORMATS = [...TABLE_FORMATS, 'focus-1.4', 'focus-1.2'] as const;
/** One of them. */
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** A usage report as it is to be written: which usage, in which grain and format. */
export interface UsageReport extends UsageFilter, CsvVariant {
  granularity: Granularity;
  format: ReportFormat;
}

/** Usage that is read a piece at a time: calls in slices, sums by the day or month. */
export interface UsagePart {
  filter: UsageFilter;
  granularity: Granularity;
  source: (filter: UsageFilter, slice: Slice) => RowSource;
}

/** How a report is read: its columns, and the source of each part of it, in order. */
export interface ReportPlan {
  columns: ExportColumn[];
  /** Absent: the report is no list of usage. */
  usage?: UsagePart | undefined;
  /** What is read with one statement each; behind the usage. */
  tables: RowSource[];
  /**
   * Answers rows of name, currency and sum (decimal text) of the columns of money, over the whole report and not by way of its rows;
   * absent: the columns that name a currency are added up part by part.
   */
  sumsSql?: string | undefined;
  /** Names the columns and what they mean; another set of columns has another. */
  schemaVersion: string;
}

/** The plan of a usage report. */
export function planReport(report: UsageReport): ReportPlan {
  const { granularity, format } = report;
  if (format === 'focus-1.4' || format === 'focus-1.2') {
    const version: FocusVersion = format === 'focus-1.4' ? '1.4' : '1.2';
    const source = (filter: UsageFilter, slice: Slice) => focusUsageSource(granularity, filter, slice);
    const tables = documentsApply(report) ? [focusDocumentRows(report)] : [];
    return {
      columns: focusColumns(version),
      usage: { filter: report, granularity, source },
      tables,
      schemaVersion: costAndUsageSchema(version).SchemaId,
    };
  }
  const source = (filter: UsageFilter, slice: Slice): RowSource => ({
    with: USAGE_WITH,
    ...usageSource(granularity, filter, slice),
  });
  return {
    columns: usageColumns(granularity),
    usage: { filter: report, granularity, source },
    tables: [],
    sumsSql: usageSums(report),
    schemaVersion: SCHEMA_VERSION,
  };
}

/** Invoices, taxes and top-ups belong to a customer as a whole: a report of a part of its usage leaves them out. */
const documentsApply = ({ projectId, keyId, model, provider }: UsageFilter): boolean =>
  [projectId, keyId, model, provider].every((filter) => filter === undefined);

/** Places that cut the events of a filter into slices of so many, in order; the last one is open. */
export const boundarySql = (filter: UsageFilter, after: Slice['after'], events: number): string => `
  select e.recorded_at::text as at, e.id as "eventId" from usage_event e
  where ${filterSql(filter)} and (e.recorded_at, e.id) > (${literal(after.at)}::timestamptz, ${literal(after.eventId)}::uuid)
  order by e.recorded_at, e.id offset ${events - 1} limit 1`;
