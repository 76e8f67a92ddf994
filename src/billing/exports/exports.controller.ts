import { Get, Logger, Query, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { planOf } from './any-report.js';
import { AdminAccess } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { AnswersFile } from '../../platform/http/answers.decorator.js';
import { InstantReportQuery, orderOf, SpanReportQuery, UsageReportQuery } from './exports.dto.js';
import { ExportsService } from './exports.service.js';
import { sendFile } from './file-response.js';
import { FILE_MEDIA_TYPES, FILE_TYPES } from './file-types.js';
import { fileNameOf, readOrder, type ReportOrder } from './report-order.js';
import { TABLE_FORMATS } from './report-plan.js';
import { ReportScope } from './report-scope.repository.js';

const TABLE_TYPES = TABLE_FORMATS.map((format) => FILE_TYPES[format].mediaType);

/** Every report, streamed as it is read. POST /exports makes the same files in the background. */
@FinanceController('reports', 'Reports')
@AdminAccess('owner', 'admin', 'finance', 'auditor')
export class ExportsController {
  private readonly logger = new Logger(ExportsController.name);

  constructor(
    private readonly exports: ExportsService,
    private readonly scope: ReportScope,
  ) {}

  @Get('usage')
  @ApiOperation({ summary: 'Report all usage of a span, one row per call, token class and source of money' })
  @AnswersFile(...FILE_MEDIA_TYPES)
  usage(@Query() query: UsageReportQuery, @Res() response: Response): Promise<void> {
    return this.send(orderOf('usage', query), response);
  }

  @Get('margin')
  @ApiOperation({ summary: 'Report revenue and cost by month, organization, provider and model' })
  @AnswersFile(...TABLE_TYPES)
  margin(@Query() query: SpanReportQuery, @Res() response: Response): Promise<void> {
    return this.send(orderOf('margin', query), response);
  }

  @Get('contract-liability')
  @ApiOperation({
    summary: 'Report what is owed to customers in service',
    description: 'Opening, additions, what was used, refunded and expired, closing.',
  })
  @AnswersFile(...TABLE_TYPES)
  contractLiability(@Query() query: SpanReportQuery, @Res() response: Response): Promise<void> {
    return this.send(orderOf('contract-liability', query), response);
  }

  @Get('aged-receivables')
  @ApiOperation({ summary: 'Report what customers owe, by how long it is past due' })
  @AnswersFile(...TABLE_TYPES)
  agedReceivables(@Query() query: InstantReportQuery, @Res() response: Response): Promise<void> {
    return this.send(orderOf('aged-receivables', query), response);
  }

  @Get('invoice-register')
  @ApiOperation({
    summary: 'Report the documents of a span, and every hole in their numbers',
    description: 'Invoices, statements, credit notes and voids.',
  })
  @AnswersFile(...TABLE_TYPES)
  invoiceRegister(@Query() query: SpanReportQuery, @Res() response: Response): Promise<void> {
    return this.send(orderOf('invoice-register', query), response);
  }

  @Get('tax')
  @ApiOperation({ summary: 'Report base and tax by seller, country, regime and rate' })
  @AnswersFile(...TABLE_TYPES)
  tax(@Query() query: SpanReportQuery, @Res() response: Response): Promise<void> {
    return this.send(orderOf('tax', query), response);
  }

  @Get('journal')
  @ApiOperation({
    summary: 'Report the ledger for an accounting system',
    description: 'Debits and credits, balanced in each transaction, with its account codes.',
  })
  @AnswersFile(...TABLE_TYPES)
  journal(@Query() query: SpanReportQuery, @Res() response: Response): Promise<void> {
    return this.send(orderOf('journal', query), response);
  }

  private async send(order: ReportOrder, response: Response): Promise<void> {
    const report = readOrder(order);
    await this.scope.check(order.fields);
    const { extension, mediaType } = FILE_TYPES[order.format];
    const pieces = this.exports.write(report);
    // What describes the columns is named beside the file, as FOCUS wants it of its SchemaId.
    const headers = { 'x-faregate-schema': planOf(report).schemaVersion };
    const name = fileNameOf(order, extension);
    const ended = await sendFile(response, { name, mediaType, pieces, headers });
    if (ended) this.logger.warn(`report ${order.report} ended early: ${ended.message}`);
  }
}
