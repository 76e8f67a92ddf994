import { Get, Logger, Query, Res } from '@nestjs/common';
import { ApiProduces } from '@nestjs/swagger';
import type { Response } from 'express';
import { AdminAccess } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { reportOf, UsageReportQuery } from './exports.dto.js';
import { ExportsService } from './exports.service.js';
import { FILE_TYPES, sendFile } from './file-response.js';

@FinanceController('reports', 'reports')
export class ExportsController {
  private readonly logger = new Logger(ExportsController.name);

  constructor(private readonly exports: ExportsService) {}

  /** All usage recorded in a span of time, streamed: one row per call, token class and source of money. */
  @Get('usage')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiProduces(...new Set(Object.values(FILE_TYPES).map(({ mediaType }) => mediaType)))
  async usage(@Query() query: UsageReportQuery, @Res() response: Response): Promise<void> {
    const report = reportOf(query);
    const { extension, mediaType } = FILE_TYPES[report.format];
    const name = `usage-${query.from.slice(0, 10)}-${query.to.slice(0, 10)}.${extension}`;
    const ended = await sendFile(response, { name, mediaType, pieces: this.exports.usage(report) });
    if (ended) this.logger.warn(`usage report ended early: ${ended.message}`);
  }
}
