import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { invalidRequest } from '../../core/errors.js';
import { parsePublicId, type IdKind } from '../../core/ids.js';
import { IsInstant, IsOneOf, IsPublicId, IsText, MayBeAbsent } from '../../platform/http/fields.decorator.js';
import { REPORT_FORMATS, type ReportFormat, type UsageReport } from './report-plan.js';
import type { Granularity } from './usage-filter.js';

/** What a usage report is about: the query of GET /reports/usage and the body of POST /exports. */
export class UsageReportQuery {
  @ApiProperty({ format: 'date-time', description: 'Inclusive.' })
  @IsInstant()
  from!: string;

  @ApiProperty({ format: 'date-time', description: 'Exclusive.' })
  @IsInstant()
  to!: string;

  @ApiPropertyOptional({ enum: ['request', 'day', 'month'], default: 'request' })
  @MayBeAbsent()
  @IsOneOf('request', 'day', 'month')
  granularity: Granularity = 'request';

  @ApiPropertyOptional({ enum: REPORT_FORMATS, default: 'csv' })
  @MayBeAbsent()
  @IsOneOf(...REPORT_FORMATS)
  format: ReportFormat = 'csv';

  @ApiPropertyOptional({
    enum: ['comma', 'semicolon'],
    default: 'comma',
    description: 'Only of format csv. semicolon also writes decimals with a comma.',
  })
  @MayBeAbsent()
  @IsOneOf('comma', 'semicolon')
  separator: 'comma' | 'semicolon' = 'comma';

  @ApiPropertyOptional({ enum: ['true', 'false'], default: 'false', description: 'Only of format csv.' })
  @MayBeAbsent()
  @IsOneOf('true', 'false')
  bom: 'true' | 'false' = 'false';

  @ApiPropertyOptional({ description: 'An organization id.' })
  @MayBeAbsent()
  @IsPublicId('organization')
  organization?: string;

  @ApiPropertyOptional({ description: 'A project id.' })
  @MayBeAbsent()
  @IsPublicId('project')
  project?: string;

  @ApiPropertyOptional({ description: 'A key id.' })
  @MayBeAbsent()
  @IsPublicId('key')
  key?: string;

  @ApiPropertyOptional({ description: 'A model id.' })
  @MayBeAbsent()
  @IsText()
  model?: string;

  @ApiPropertyOptional({ description: "A provider's slug." })
  @MayBeAbsent()
  @IsText()
  provider?: string;
}

/** The report a query asks for. Throws invalid_request that names the field. */
export function reportOf(query: UsageReportQuery): UsageReport {
  const [from, to] = [new Date(query.from), new Date(query.to)];
  if (from >= to) throw invalidRequest('to must lie after from', 'to');
  if (query.format !== 'csv' && query.separator === 'semicolon') {
    throw invalidRequest('only format csv has a separator', 'separator');
  }
  if (query.format !== 'csv' && query.bom === 'true')
    throw invalidRequest('only format csv has a bom', 'bom');
  const uuid = (kind: IdKind, id: string | undefined): string | undefined =>
    id === undefined ? undefined : (parsePublicId(kind, id) ?? undefined);
  return {
    from,
    to,
    format: query.format,
    granularity: query.granularity,
    semicolon: query.separator === 'semicolon',
    bom: query.bom === 'true',
    organizationId: uuid('organization', query.organization),
    projectId: uuid('project', query.project),
    keyId: uuid('key', query.key),
    model: query.model,
    provider: query.provider,
  };
}
