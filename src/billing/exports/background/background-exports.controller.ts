import { Body, Get, HttpCode, Logger, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { optionalUuid } from '../../../core/ids.js';
import { Actor, AdminAccess, type AdminActor } from '../../../platform/http/access.decorator.js';
import { FinanceController } from '../../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersFile, AnswersList } from '../../../platform/http/answers.decorator.js';
import { OperationKey } from '../../../platform/http/idempotency.interceptor.js';
import { listPage, readCursor } from '../../../platform/http/list.js';
import { PublicIdPipe } from '../../../platform/http/public-id.pipe.js';
import { CreateExportDto, ExportResource, ExportsQuery, orderOfBody } from './background-exports.dto.js';
import { ExportFiles } from './export-files.store.js';
import { ExportOrders } from './export-orders.service.js';
import { ExportsNudge } from './exports-nudge.service.js';
import { showExport } from './export.js';
import { sendStoredFile } from './stored-file.service.js';
import { FILE_MEDIA_TYPES } from '../file-types.js';

/** Orders exports, tells how far they are and hands their files out. */
@FinanceController('exports', 'Exports')
@AdminAccess('owner', 'admin', 'finance', 'auditor')
export class BackgroundExportsController {
  private readonly logger = new Logger(BackgroundExportsController.name);

  constructor(
    private readonly orders: ExportOrders,
    private readonly files: ExportFiles,
    private readonly nudge: ExportsNudge,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({ summary: 'Order a report as a file; a worker writes it' })
  @ApiAcceptedResponse({ type: ExportResource })
  async create(
    @Body() body: CreateExportDto,
    @Actor() actor: AdminActor,
    @OperationKey() operationKey: string | null,
  ) {
    const made = await this.orders.order(actor, orderOfBody(body), operationKey);
    this.nudge.nudge();
    return showExport(made, this.orders.linkTo(actor, made));
  }

  @Get()
  @ApiOperation({ summary: 'List exports, newest first' })
  @AnswersList(ExportResource)
  async list(@Query() query: ExportsQuery, @Actor() actor: AdminActor) {
    const { limit, status } = query;
    const rows = await this.orders.list({
      organizationId: optionalUuid('organization', query.organization),
      status,
      beforeId: readCursor(query.cursor, 'uuid'),
      limit: limit + 1,
    });
    const toItem = (row: (typeof rows)[number]) => showExport(row, this.orders.linkTo(actor, row));
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem });
  }

  @Get(':export')
  @ApiOperation({
    summary: 'Get an export: how far it is, why it failed, or where its file can be fetched',
  })
  @Answers(ExportResource)
  async get(@Param('export', new PublicIdPipe('export')) id: string, @Actor() actor: AdminActor) {
    const found = await this.orders.get(id);
    return showExport(found, this.orders.linkTo(actor, found));
  }

  @Get(':export/download')
  @ApiOperation({ summary: 'Get the file of an export' })
  @AnswersFile(...FILE_MEDIA_TYPES)
  async download(
    @Param('export', new PublicIdPipe('export')) id: string,
    @Actor() actor: AdminActor,
    @Res() response: Response,
  ): Promise<void> {
    const ready = await this.orders.handOut(actor, id, 'key');
    const ended = await sendStoredFile(response, ready, this.files);
    if (ended) this.logger.warn(`download of ${id} ended early: ${ended.message}`);
  }
}
