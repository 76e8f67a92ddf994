import { Get, Logger, Query, Res } from '@nestjs/common';
import { ApiProduces } from '@nestjs/swagger';
import type { Response } from 'express';
import { planOf } from './any-report.js';
import { AdminAccess } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { InstantReportQuery, orderOf, SpanReportQuery, UsageReportQuery } from './exports.dto.js';
import { ExportsService } from './exports.service.js';
import { sendFile } from './file-response.js';
import { FILE_TYPES } from './file-types.js';
import { fileNameOf, readOrder, type ReportOrder } from './report-order.js';
import { TABLE_FORMATS } from './report-plan.js';
import { ReportScope } from './report-scope.repository.js';

const TABLE_TYPES = TABLE_FORMATS.map((format) => FILE_TYPES[format].mediaType);

/** Every report, streamed as it is read. POST /exports makes the same files in the background. */
@FinanceController('reports', 'reports')
@AdminAccess('owner', 'admin', 'finance', 'auditor')
export class ExportsController {
  private readonly logger = new Logger(ExportsController.name);

  constructor(
    private readonly exports: ExportsService,
    private readonly scope: ReportScope,
  ) {}

  /** All usage recorded in a span of time, streamed: one row per call, token class and source of money. */
  @Get('usage')
  @ApiProduces(...new Set(Object.values(FILE_TYPES).map(({ mediaType }) => mediaType)))
  usage(@Query() query: UsageReportQuery, @Res() response: Response): Promise<void> {
    return this.send(orderOf('usage', query), response);
  }

  /** Revenue, provider cost and what the house bore, by month, organization, provider and model. */
  @Get('margin')
  @ApiProduces(...TABLE_TYPES)
  margin(@Query() query: SpanReportQuery, @Res() response: Response): Promise<void> {
    return this.send(orderOf('margin', query), response);
  }

  /** What is owed to customers in service: opening, additions, what was used, refunded and expired, closing. */
  @Get('contract-liability')
  @ApiProduces(...TABLE_TYPES)
  contractLiability(@Query() query: SpanReportQuery, @Res() response: Response): Promise<void> {
    return this.send(orderOf('contract-liability', query), response);
  }

  /** What customers owe at an instant, by how long it is past due. */
  @Get('aged-receivables')
  @ApiProduces(...TABLE_TYPES)
  agedReceivables(@Query() query: InstantReportQuery, @Res() response: Response): Promise<void> {
    return this.send(orderOf('aged-receivables', query), response);
  }

  /** Invoices, statements, credit notes and voids of a span of time, and every hole in their numbers. */
  @Get('invoice-register')
  @ApiProduces(...TABLE_TYPES)
  invoiceRegister(@Query() query: SpanReportQuery, @Res() response: Response): Promise<void> {
    return this.send(orderOf('invoice-register', query), response);
  }

  /** Base and tax by seller, country, regime and rate. */
  @Get('tax')
  @ApiProduces(...TABLE_TYPES)
  tax(@Query() query: SpanReportQuery, @Res() response: Response): Promise<void> {
    return this.send(orderOf('tax', query), response);
  }

  /** The ledger for an accounting system: debits and credits, balanced in each transaction, with its account codes. */
  @Get('journal')
  @ApiProduces(...TABLE_TYPES)
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
