import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInstant, IsOneOf, IsPublicId, IsText, MayBeAbsent } from '../../platform/http/fields.decorator.js';
import type { ReportFields, ReportOrder } from './report-order.js';
import { REPORT_FORMATS, TABLE_FORMATS, type ReportFormat, type TableFormat } from './report-plan.js';
import type { FinanceReportName } from './reports/finance-report.js';
import { GRANULARITIES, type Granularity } from './usage-filter.js';

/** How a CSV file is written; part of every report's query. */
class CsvVariantQuery {
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
}

/** Query of GET /reports/usage. */
export class UsageReportQuery extends CsvVariantQuery {
  @ApiProperty({ format: 'date-time', description: 'Inclusive.' })
  @IsInstant()
  from!: string;

  @ApiProperty({ format: 'date-time', description: 'Exclusive.' })
  @IsInstant()
  to!: string;

  @ApiPropertyOptional({ enum: GRANULARITIES, default: 'request' })
  @MayBeAbsent()
  @IsOneOf(...GRANULARITIES)
  granularity: Granularity = 'request';

  @ApiPropertyOptional({ enum: REPORT_FORMATS, default: 'csv' })
  @MayBeAbsent()
  @IsOneOf(...REPORT_FORMATS)
  format: ReportFormat = 'csv';

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

/** What the queries of the other finance reports have in common. */
class TableReportQuery extends CsvVariantQuery {
  @ApiPropertyOptional({ enum: TABLE_FORMATS, default: 'csv' })
  @MayBeAbsent()
  @IsOneOf(...TABLE_FORMATS)
  format: TableFormat = 'csv';

  @ApiPropertyOptional({ description: 'An organization id.' })
  @MayBeAbsent()
  @IsPublicId('organization')
  organization?: string;

  @ApiPropertyOptional({ description: 'The id of the legal entity that sells.' })
  @MayBeAbsent()
  @IsPublicId('legalEntity')
  legal_entity?: string;
}

/** Query of a report about a span of time. */
export class SpanReportQuery extends TableReportQuery {
  @ApiProperty({ format: 'date-time', description: 'Inclusive.' })
  @IsInstant()
  from!: string;

  @ApiProperty({ format: 'date-time', description: 'Exclusive.' })
  @IsInstant()
  to!: string;
}

/** Query of a report about an instant. */
export class InstantReportQuery extends TableReportQuery {
  @ApiProperty({ format: 'date-time', description: 'What was issued, paid and applied before it counts.' })
  @IsInstant()
  at!: string;
}

/** The order a query is. */
export function orderOf(
  report: 'usage' | FinanceReportName,
  { format, bom, ...fields }: UsageReportQuery | SpanReportQuery | InstantReportQuery,
): ReportOrder {
  return { report, format, fields: { ...(fields as ReportFields), bom: bom === 'true' } };
}
