import type { ReportFormat } from './report-plan.js';

/** Name and type of the file of a format. */
export const FILE_TYPES: Readonly<Record<ReportFormat, { extension: string; mediaType: string }>> = {
  csv: { extension: 'csv', mediaType: 'text/csv; charset=utf-8; header=present' },
  jsonl: { extension: 'jsonl', mediaType: 'application/jsonl; charset=utf-8' },
  parquet: { extension: 'parquet', mediaType: 'application/vnd.apache.parquet' },
  xlsx: {
    extension: 'xlsx',
    mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  },
  'focus-1.4': { extension: 'focus-1.4.csv', mediaType: 'text/csv; charset=utf-8; header=present' },
  'focus-1.2': { extension: 'focus-1.2.csv', mediaType: 'text/csv; charset=utf-8; header=present' },
};

/** Every media type a file can have. */
export const FILE_MEDIA_TYPES: readonly string[] = [
  ...new Set(Object.values(FILE_TYPES).map(({ mediaType }) => mediaType)),
];
