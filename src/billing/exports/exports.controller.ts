import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Get, Logger, Query, Res } from '@nestjs/common';
import { ApiProduces } from '@nestjs/swagger';
import type { Response } from 'express';
import { invalidRequest } from '../../core/errors.js';
import { parsePublicId, type IdKind } from '../../core/ids.js';
import { AdminAccess } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { AVAILABLE_FORMATS, UsageReportQuery } from './exports.dto.js';
import { ExportsService, type ReportFormat, type UsageReport } from './exports.service.js';

/** A reader that takes nothing for so long is cut off, and its snapshot with it. */
const STALLED_READER_MS = 10 * 60_000;
const MEDIA_TYPES: Readonly<Record<ReportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/jsonl; charset=utf-8',
};

@FinanceController('reports', 'reports')
export class ExportsController {
  private readonly logger = new Logger(ExportsController.name);

  constructor(private readonly exports: ExportsService) {}

  /** All usage recorded in a span of time, streamed: one row per call, token class and source of money. */
  @Get('usage')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiProduces(...Object.values(MEDIA_TYPES))
  async usage(@Query() query: UsageReportQuery, @Res() response: Response): Promise<void> {
    const report = reportOf(query);
    const pieces = this.exports.usage(report);
    // The first piece decides between a refusal in words and a stream.
    const first = await pieces.next();
    const name = `usage-${query.from.slice(0, 10)}-${query.to.slice(0, 10)}.${report.format}`;
    response.setHeader('content-type', MEDIA_TYPES[report.format]);
    response.setHeader('content-disposition', `attachment; filename="${name}"`);
    response.setHeader('cache-control', 'no-store');
    response.setTimeout(STALLED_READER_MS, () => response.destroy());
    try {
      await pipeline(Readable.from(prepend(first, pieces), { objectMode: true, highWaterMark: 1 }), response);
    } catch (error) {
      // The status is sent: a stream cut short is the only way left to say that it is not whole.
      this.logger.warn(`usage report ended early: ${(error as Error).message}`);
    }
  }
}

async function* prepend(first: IteratorResult<string>, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  try {
    if (first.done !== true) yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

function reportOf(query: UsageReportQuery): UsageReport {
  const [from, to] = [new Date(query.from), new Date(query.to)];
  if (from >= to) throw invalidRequest('to must lie after from', 'to');
  const format = AVAILABLE_FORMATS.find((available) => available === query.format);
  if (format === undefined) {
    throw invalidRequest(
      `format ${query.format} is not available; available: ${AVAILABLE_FORMATS.join(', ')}`,
      'format',
    );
  }
  const uuid = (kind: IdKind, id: string | undefined): string | undefined =>
    id === undefined ? undefined : (parsePublicId(kind, id) ?? undefined);
  return {
    from,
    to,
    format,
    granularity: query.granularity,
    organizationId: uuid('organization', query.organization),
    projectId: uuid('project', query.project),
    keyId: uuid('key', query.key),
    model: query.model,
    provider: query.provider,
  };
}
