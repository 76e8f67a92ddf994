import type { RowSource } from './copy-statement.js';
import type { ExportColumn } from './export-column.js';
import type { CsvVariant } from './file-encoder.js';
import { focusColumns } from './focus/focus-columns.js';
import { focusDocumentRows } from './focus/focus-documents.js';
import { focusUsageSource, FOCUS_SUMS, type FocusVersion } from './focus/focus-source.js';
import { usageColumns } from './usage-columns.js';
import { literal, type Granularity, type Slice, type UsageFilter } from './usage-filter.js';
import { filterSql } from './usage-filter.js';
import { USAGE_WITH, usageSource } from './usage-source.js';

/** Every format of a usage report. */
export const REPORT_FORMATS = ['csv', 'jsonl', 'parquet', 'xlsx', 'focus-1.4', 'focus-1.2'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export interface UsageReport extends UsageFilter, CsvVariant {
  granularity: Granularity;
  format: ReportFormat;
}

/** How a report is read: its columns, and the source of each part of it. */
export interface ReportPlan {
  columns: ExportColumn[];
  usage: (filter: UsageFilter, slice: Slice) => RowSource;
  /** What follows the usage: rows that are about documents. */
  documents: RowSource[];
  /** Answers rows of name, currency and sum (decimal text), over the whole report. */
  sumsSql: string;
}

/** The plan of a report. */
export function planReport(report: UsageReport): ReportPlan {
  const { granularity, format } = report;
  if (format === 'focus-1.4' || format === 'focus-1.2') {
    const version: FocusVersion = format === 'focus-1.4' ? '1.4' : '1.2';
    const usage = (filter: UsageFilter, slice: Slice) => focusUsageSource(granularity, filter, slice);
    const documents = documentsApply(report) ? [focusDocumentRows(report)] : [];
    const whole = [usage(report, wholeOf(report)), ...documents];
    return { columns: focusColumns(version), usage, documents, sumsSql: FOCUS_SUMS(whole) };
  }
  const usage = (filter: UsageFilter, slice: Slice): RowSource => ({
    with: USAGE_WITH,
    ...usageSource(granularity, filter, slice),
  });
  return { columns: usageColumns(granularity), usage, documents: [], sumsSql: usageSums(report) };
}

/** Invoices, taxes and top-ups belong to a customer as a whole: a report of a part of its usage leaves them out. */
const documentsApply = ({ projectId, keyId, model, provider }: UsageFilter): boolean =>
  [projectId, keyId, model, provider].every((filter) => filter === undefined);

/** All of a filter as one slice. */
export const wholeOf = ({ from }: UsageFilter): Slice => ({
  after: { at: from.toISOString(), eventId: '00000000-0000-0000-0000-000000000000' },
});

/** What the rows' amounts and costs must add up to, taken from the events themselves. */
const usageSums = (filter: UsageFilter): string => `
  select 'amount' as name, e.currency::text as currency, (sum(e.amount_nano) * 0.000000001)::text as sum from usage_event e
    where ${filterSql(filter)} group by e.currency
  union all
  select 'provider_cost', e.cost_currency::text, (sum(e.cost_nano) * 0.000000001)::text from usage_event e
    where ${filterSql(filter)} group by e.cost_currency
  order by 1, 2`;

/** Places that cut the events of a filter into slices of so many, in order; the last one is open. */
export const boundarySql = (filter: UsageFilter, after: Slice['after'], events: number): string => `
  select e.recorded_at::text as at, e.id as "eventId" from usage_event e
  where ${filterSql(filter)} and (e.recorded_at, e.id) > (${literal(after.at)}::timestamptz, ${literal(after.eventId)}::uuid)
  order by e.recorded_at, e.id offset ${events - 1} limit 1`;
