import { Injectable } from '@nestjs/common';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { CsvFile, JsonLinesFile, type FileEncoder } from './file-encoder.js';
import { ParquetFile } from './parquet-file.js';
import { planReport, type ReportPlan, type UsageReport } from './report-plan.js';
import { UsageReportRepository, type ReportReader, type ReportSum } from './usage-report.repository.js';
import { XLSX_MAX_ROWS, XlsxFile } from './xlsx-file.js';

/** Each holds a snapshot of the database open. */
const MAX_RUNNING = 4;
/** Rows whose sheet may exceed 4 GiB of XML. */
const LARGE_SHEET_ROWS = 500_000;

/** What is known of a file when it is whole. */
export interface FileTotals {
  rows: number;
  sums: ReportSum[];
}

/** Told how far a file is, and at its end what it holds. */
export interface ExportListener {
  progress: (rows: number, share: number) => void;
  finished: (totals: FileTotals) => void;
}

/** Writes usage reports as files, as fast as they are read and no faster. */
@Injectable()
export class ExportsService {
  private running = 0;

  constructor(private readonly reports: UsageReportRepository) {}

  /**
   * The report in pieces. Throws rate_limit when too many are being read at once, and invalid_request when it does
   * not fit its format.
   */
  async *usage(report: UsageReport, listener?: ExportListener): AsyncGenerator<Buffer> {
    if (this.running >= MAX_RUNNING) {
      throw new FaregateError('rate_limit', 'Too many reports are being read at once.', {
        retryAfterSeconds: 30,
      });
    }
    this.running += 1;
    try {
      const plan = planReport(report);
      yield* this.reports.read(report, plan, (reader) => write(reader, encoderOf(report, plan), listener));
    } finally {
      this.running -= 1;
    }
  }
}

async function* write(
  reader: ReportReader,
  encoder: FileEncoder,
  listener: ExportListener | undefined,
): AsyncGenerator<Buffer> {
  if (encoder instanceof XlsxFile) encoder.large = (await countForSheet(reader)) > LARGE_SHEET_ROWS;
  const events = listener ? await reader.countEvents() : 0;
  for await (const piece of encoder.encode(reader.copy(encoder.notation))) {
    listener?.progress(encoder.rows, events === 0 ? 1 : Math.min(1, reader.eventsRead() / events));
    yield piece;
  }
  listener?.finished({ rows: encoder.rows, sums: await reader.sums() });
}

/** The rows of a report that fits a sheet; throws invalid_request of one that does not. */
async function countForSheet(reader: ReportReader): Promise<number> {
  const rows = await reader.count(XLSX_MAX_ROWS);
  if (rows <= XLSX_MAX_ROWS) return rows;
  throw invalidRequest(
    `a sheet holds ${XLSX_MAX_ROWS.toLocaleString('en')} rows and this report has more; ask for format=csv, a shorter span or granularity=day`,
    'format',
  );
}

function encoderOf(report: UsageReport, { columns }: ReportPlan): FileEncoder {
  switch (report.format) {
    case 'csv':
      return new CsvFile(columns, report);
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
