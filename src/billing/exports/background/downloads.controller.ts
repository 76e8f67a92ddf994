import { Get, Logger, Param, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { PublicAccess } from '../../../platform/http/access.decorator.js';
import { FinanceController } from '../../../platform/http/admin-controller.decorator.js';
import { AnswersFile } from '../../../platform/http/answers.decorator.js';
import { ExportFiles } from './export-files.store.js';
import { ExportOrders } from './export-orders.service.js';
import { sendStoredFile } from './stored-file.service.js';
import { FILE_MEDIA_TYPES } from '../file-types.js';

/** Files by signed links, which stand in `download_url` of an export. */
@FinanceController('downloads', 'Exports')
export class DownloadsController {
  private readonly logger = new Logger(DownloadsController.name);

  constructor(
    private readonly orders: ExportOrders,
    private readonly files: ExportFiles,
  ) {}

  @Get(':token')
  @PublicAccess()
  @ApiOperation({ summary: 'Get the file of a signed link' })
  @AnswersFile(...FILE_MEDIA_TYPES)
  async download(@Param('token') token: string, @Res() response: Response): Promise<void> {
    const ready = await this.orders.handOutByLink(token);
    response.setHeader('referrer-policy', 'no-referrer');
    const ended = await sendStoredFile(response, ready, this.files);
    if (ended) this.logger.warn(`download of ${ready.id} ended early: ${ended.message}`);
  }
}
