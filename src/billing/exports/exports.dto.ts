import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInstant, IsOneOf, IsPublicId, IsText, MayBeAbsent } from '../../platform/http/fields.decorator.js';
import type { Granularity } from './funded-line.js';

/** Every format the contract names, and those that can be had. */
export const FORMATS = ['csv', 'jsonl', 'parquet', 'xlsx', 'focus-1.4', 'focus-1.2'] as const;
export const AVAILABLE_FORMATS = ['csv', 'jsonl'] as const;

/** Query of GET /reports/usage. */
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

  @ApiPropertyOptional({ enum: FORMATS, default: 'csv' })
  @MayBeAbsent()
  @IsOneOf(...FORMATS)
  format: string = 'csv';

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
