import { Get, Logger, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Response } from 'express';
import { FaregateError, invalidRequest } from '../../../core/errors.js';
import { optionalUuid } from '../../../core/ids.js';
import { AdminAccess } from '../../../platform/http/access.decorator.js';
import { FinanceController } from '../../../platform/http/admin-controller.decorator.js';
import { AnswersFile } from '../../../platform/http/answers.decorator.js';
import { IsInstant, IsPublicId, MayBeAbsent } from '../../../platform/http/fields.decorator.js';
import { copyStatement } from '../copy-statement.js';
import { CsvFile } from '../file-encoder.js';
import { sendFile } from '../file-response.js';
import { FILE_TYPES } from '../file-types.js';
import { ReportsRepository } from '../reports.repository.js';
import { datasetSource, FOCUS_DATASETS } from './focus-datasets.js';
import { datasetSchema, focusMetadata, type FocusMetadata } from './focus-metadata.js';

/** Query of the datasets about documents: those of periods that end in `(from, to]`. */
export class FocusDatasetQuery {
  @ApiProperty({ format: 'date-time', description: 'Exclusive.' })
  @IsInstant()
  from!: string;

  @ApiProperty({ format: 'date-time', description: 'Inclusive.' })
  @IsInstant()
  to!: string;

  @ApiPropertyOptional({ description: 'An organization id.' })
  @MayBeAbsent()
  @IsPublicId('organization')
  organization?: string;
}

/** What FOCUS has beside the Cost and Usage files, which are formats of GET /reports/usage. */
@FinanceController('reports/focus', 'Reports')
export class FocusController {
  private readonly logger = new Logger(FocusController.name);

  constructor(private readonly reports: ReportsRepository) {}

  @Get(':version/metadata')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({
    summary: 'Get the metadata of a version of FOCUS',
    description: "In the specification's sections: who makes the files, which there are, and their columns.",
  })
  @ApiParam({ name: 'version', enum: ['1.4', '1.2'] })
  @ApiOkResponse({ schema: { type: 'object' } })
  metadata(@Param('version') version: string): FocusMetadata {
    if (version !== '1.4' && version !== '1.2')
      throw new FaregateError('not_found', 'There is no such version; there are 1.4 and 1.2.');
    return focusMetadata(version);
  }

  @Get('1.4/:dataset')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({ summary: 'Report Invoice Detail or Billing Period of FOCUS' })
  @ApiParam({ name: 'dataset', enum: FOCUS_DATASETS })
  @AnswersFile(FILE_TYPES.csv.mediaType)
  async dataset(
    @Param('dataset') name: string,
    @Query() query: FocusDatasetQuery,
    @Res() response: Response,
  ): Promise<void> {
    const dataset = FOCUS_DATASETS.find((known) => known === name);
    if (dataset === undefined)
      throw new FaregateError(
        'not_found',
        `There is no such dataset; there are ${FOCUS_DATASETS.join(', ')}.`,
      );
    const [from, to] = [new Date(query.from), new Date(query.to)];
    if (from >= to) throw invalidRequest('to must lie after from', 'to');
    const organizationId = optionalUuid('organization', query.organization);
    const { columns, source } = datasetSource(dataset, { from, to, organizationId });
    const headers = { 'x-faregate-schema': datasetSchema(dataset).SchemaId };
    const file = new CsvFile(columns);
    const pieces = file.encode(this.reports.copy(copyStatement(columns, source, file.notation)));
    const sent = { name: `${dataset}.focus-1.4.csv`, mediaType: FILE_TYPES.csv.mediaType, pieces, headers };
    const ended = await sendFile(response, sent);
    if (ended) this.logger.warn(`${dataset} ended early: ${ended.message}`);
  }
}
