import { Injectable } from '@nestjs/common';
import { FaregateError } from '../../core/errors.js';
import { LineSum, type FundedLine, type Granularity } from './funded-line.js';
import { UsageReportRepository, type UsageFilter } from './usage-report.repository.js';
import { csvHeader, csvRow, jsonRow } from './usage-report.js';

export type ReportFormat = 'csv' | 'jsonl';

export interface UsageReport extends UsageFilter {
  granularity: Granularity;
  format: ReportFormat;
}

/** Each holds a snapshot of the database open. */
const MAX_RUNNING = 4;

/** Writes reports as text, as fast as they are read and no faster. */
@Injectable()
export class ExportsService {
  private running = 0;

  constructor(private readonly reports: UsageReportRepository) {}

  /** The report in pieces. Throws rate_limit when too many are being read at once. */
  async *usage(report: UsageReport): AsyncGenerator<string> {
    if (this.running >= MAX_RUNNING) {
      throw new FaregateError('rate_limit', 'Too many reports are being read at once.', {
        retryAfterSeconds: 30,
      });
    }
    this.running += 1;
    try {
      const { granularity, format } = report;
      const write = format === 'csv' ? csvRow : jsonRow;
      // The header waits for the first rows, so that a database that is away is still told in words.
      let header = format === 'csv' ? csvHeader(granularity) : '';
      for await (const lines of this.grained(report)) {
        yield header + lines.map((line) => write(line, granularity)).join('');
        header = '';
      }
      yield header;
    } finally {
      this.running -= 1;
    }
  }

  private async *grained({ granularity, ...filter }: UsageReport): AsyncGenerator<FundedLine[]> {
    const pages = this.reports.read(filter);
    if (granularity === 'request') {
      yield* pages;
      return;
    }
    const sum = new LineSum(granularity);
    for await (const lines of pages) yield lines.flatMap((line) => sum.add(line));
    yield sum.finish();
  }
}
