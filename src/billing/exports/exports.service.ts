import { Injectable } from '@nestjs/common';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { CsvFile, JsonLinesFile, type CsvVariant, type FileEncoder } from './file-encoder.js';
import type { ExportColumn } from './export-column.js';
import { ParquetFile } from './parquet-file.js';
import { planOf, type Report } from './any-report.js';
import type { ReportFormat, ReportPlan } from './report-plan.js';
import type { ReportSum } from './column-sums.js';
import { ReportsRepository, type ReportReader } from './reports.repository.js';
import { XLSX_MAX_ROWS, XlsxFile } from './xlsx-file.js';

/** Each holds a snapshot of the database open. */
const MAX_RUNNING = 4;
/** Rows whose sheet may exceed 4 GiB of XML. */
const LARGE_SHEET_ROWS = 500_000;

/** What is known of a file when it is whole. */
export interface FileTotals {
  rows: number;
  /** Of every column of money, by currency. */
  sums: ReportSum[];
  /** The state of the books that the file shows. */
  takenAt: Date;
  schemaVersion: string;
}

/** Told how far a file is, and at its end what it holds. */
export interface ExportListener {
  /** Rows there will be; null when only writing it tells. */
  expected: (rows: number | null) => void;
  progress: (rows: number) => void;
  finished: (totals: FileTotals) => void;
}

/** Writes reports as files, as fast as they are read and no faster. */
@Injectable()
export class ExportsService {
  private running = 0;

  constructor(private readonly reports: ReportsRepository) {}

  /**
   * The report in pieces. Throws rate_limit when too many are being read at once, and invalid_request when it does
   * not fit its format.
   */
  async *write(report: Report, listener?: ExportListener): AsyncGenerator<Buffer> {
    if (this.running >= MAX_RUNNING) {
      throw new FaregateError('rate_limit', 'Too many reports are being read at once.', {
        retryAfterSeconds: 30,
      });
    }
    this.running += 1;
    try {
      const plan = planOf(report);
      const encoder = encoderOf(report.format, plan.columns, report);
      yield* this.reports.read(plan, (reader) => encode(reader, plan, encoder, listener));
    } finally {
      this.running -= 1;
    }
  }
}

async function* encode(
  reader: ReportReader,
  plan: ReportPlan,
  encoder: FileEncoder,
  listener: ExportListener | undefined,
): AsyncGenerator<Buffer> {
  const takenAt = await reader.takenAt();
  if (encoder instanceof XlsxFile) encoder.large = (await countForSheet(reader)) > LARGE_SHEET_ROWS;
  listener?.expected(await reader.expectedRows());
  for await (const piece of encoder.encode(reader.copy(encoder.notation))) {
    listener?.progress(encoder.rows);
    yield piece;
  }
  listener?.finished({
    rows: encoder.rows,
    sums: await reader.sums(),
    takenAt,
    schemaVersion: plan.schemaVersion,
  });
}

/** The rows of a report that fits a sheet; throws invalid_request of one that does not. */
async function countForSheet(reader: ReportReader): Promise<number> {
  const rows = await reader.count(XLSX_MAX_ROWS);
  if (rows <= XLSX_MAX_ROWS) return rows;
  throw invalidRequest(
    `a sheet holds ${XLSX_MAX_ROWS.toLocaleString('en')} rows and this report has more; ask for format=csv, a shorter span or granularity=day`,
    'format',
    'too_many_rows',
  );
}

function encoderOf(format: ReportFormat, columns: ExportColumn[], variant: CsvVariant): FileEncoder {
  switch (format) {
    case 'csv':
      return new CsvFile(columns, variant);
    case 'jsonl':
      return new JsonLinesFile();
    case 'parquet':
      return new ParquetFile(columns);
    case 'xlsx':
      return new XlsxFile(columns);
    case 'focus-1.4':
    case 'focus-1.2':
      return new CsvFile(columns);
  }
}
