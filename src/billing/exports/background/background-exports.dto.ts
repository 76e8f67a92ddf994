import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsFlag,
  IsInstant,
  IsOneOf,
  IsPublicId,
  IsText,
  MayBeAbsent,
} from '../../../platform/http/fields.decorator.js';
import { ListQuery } from '../../../platform/http/list.dto.js';
import { REPORTS, type ReportName, type ReportOrder } from '../report-order.js';
import { REPORT_FORMATS, type ReportFormat } from '../report-plan.js';
import { GRANULARITIES, type Granularity } from '../usage-filter.js';
import type { ExportStatus } from './export.js';

const STATUSES: ExportStatus[] = ['queued', 'running', 'ready', 'failed', 'expired'];

/** Body of POST /exports: a report, and the fields of its query. */
export class CreateExportDto {
  @ApiPropertyOptional({ enum: REPORTS, default: 'usage' })
  @MayBeAbsent()
  @IsOneOf(...REPORTS)
  report: ReportName = 'usage';

  @ApiPropertyOptional({ enum: REPORT_FORMATS, default: 'csv', description: 'FOCUS only of report usage.' })
  @MayBeAbsent()
  @IsOneOf(...REPORT_FORMATS)
  format: ReportFormat = 'csv';

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Inclusive. Required but for aged-receivables.',
  })
  @MayBeAbsent()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Exclusive. Required but for aged-receivables.',
  })
  @MayBeAbsent()
  @IsInstant()
  to?: string;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Required of aged-receivables, which has no span.',
  })
  @MayBeAbsent()
  @IsInstant()
  at?: string;

  @ApiPropertyOptional({ enum: GRANULARITIES, description: 'Only of usage.' })
  @MayBeAbsent()
  @IsOneOf(...GRANULARITIES)
  granularity?: Granularity;

  @ApiPropertyOptional({ enum: ['comma', 'semicolon'], description: 'Only of format csv.' })
  @MayBeAbsent()
  @IsOneOf('comma', 'semicolon')
  separator?: 'comma' | 'semicolon';

  @ApiPropertyOptional({ description: 'Begin with a byte order mark. Only of format csv.' })
  @MayBeAbsent()
  @IsFlag()
  bom?: boolean;

  @ApiPropertyOptional({ description: 'An organization id: only its rows.' })
  @MayBeAbsent()
  @IsPublicId('organization')
  organization?: string;

  @ApiPropertyOptional({ description: 'The id of the legal entity that sells. Not of usage.' })
  @MayBeAbsent()
  @IsPublicId('legalEntity')
  legal_entity?: string;

  @ApiPropertyOptional({ description: 'A project id. Only of usage.' })
  @MayBeAbsent()
  @IsPublicId('project')
  project?: string;

  @ApiPropertyOptional({ description: 'A key id. Only of usage.' })
  @MayBeAbsent()
  @IsPublicId('key')
  key?: string;

  @ApiPropertyOptional({ description: 'A model id. Only of usage.' })
  @MayBeAbsent()
  @IsText()
  model?: string;

  @ApiPropertyOptional({ description: "A provider's slug. Only of usage." })
  @MayBeAbsent()
  @IsText()
  provider?: string;
}

/** The order a body is. */
export const orderOfBody = ({ report, format, ...fields }: CreateExportDto): ReportOrder => ({
  report,
  format,
  fields,
});

/** Query of GET /exports. */
export class ExportsQuery extends ListQuery {
  @ApiPropertyOptional({ description: 'An organization id.' })
  @MayBeAbsent()
  @IsPublicId('organization')
  organization?: string;

  @ApiPropertyOptional({ enum: STATUSES })
  @MayBeAbsent()
  @IsOneOf(...STATUSES)
  status?: ExportStatus;
}

class ProgressResource {
  @ApiProperty({ description: 'Rows written so far.' })
  rows!: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    description:
      'Null where only writing tells. Of single calls: the priced lines, of which those paid from two sources become two rows.',
  })
  expected_rows!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: '0 to 100; 100 only when the file is there.' })
  percent!: number | null;
}

class ExportErrorResource {
  @ApiProperty({ example: 'too_many_rows' })
  code!: string;

  @ApiProperty()
  message!: string;
}

class SumResource {
  @ApiProperty({ example: 'amount' })
  column!: string;

  @ApiProperty({ example: 'USD' })
  currency!: string;

  @ApiProperty({ example: '1234.567890123' })
  sum!: string;
}

class ManifestFileResource {
  @ApiProperty({ example: 'usage-2026-10-01-2026-11-01.csv' })
  name!: string;

  @ApiProperty()
  media_type!: string;

  @ApiProperty()
  bytes!: number;

  @ApiProperty({ description: 'SHA-256 over the bytes, in hex.' })
  sha256!: string;
}

class ManifestResource {
  @ApiProperty({ description: 'Of FOCUS: the SchemaId of its metadata.' })
  schema_version!: string;

  @ApiProperty({ enum: REPORTS })
  report!: string;

  @ApiProperty({ enum: REPORT_FORMATS })
  format!: string;

  @ApiProperty({ type: Object })
  parameters!: object;

  @ApiProperty({ format: 'date-time', description: 'The state of the books the file shows.' })
  snapshot_at!: string;

  @ApiProperty({ description: 'Without a header.' })
  rows!: number;

  @ApiProperty({ type: [SumResource], description: 'Of every column of money.' })
  sums!: SumResource[];

  @ApiProperty({ type: [ManifestFileResource] })
  files!: ManifestFileResource[];
}

/** An export, as documented; showExport makes it. */
export class ExportResource {
  @ApiProperty({ enum: ['export'] })
  object!: 'export';

  @ApiProperty({ example: 'exp_0199…' })
  id!: string;

  @ApiProperty({ enum: REPORTS })
  report!: string;

  @ApiProperty({ enum: REPORT_FORMATS })
  format!: string;

  @ApiProperty({ type: String, nullable: true, description: 'Null: of every customer.' })
  organization!: string | null;

  @ApiProperty({ type: Object, description: 'What was asked for.' })
  parameters!: object;

  @ApiProperty({ enum: STATUSES })
  status!: ExportStatus;

  @ApiProperty({ type: ProgressResource })
  progress!: ProgressResource;

  @ApiProperty({
    type: ExportErrorResource,
    nullable: true,
    description: 'Why it failed; while queued: why the last try did.',
  })
  error!: ExportErrorResource | null;

  @ApiProperty({ example: 'akey_0199…' })
  created_by!: string;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  started_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When the file goes.' })
  expires_at!: string | null;

  @ApiProperty({ type: ManifestResource, nullable: true })
  manifest!: ManifestResource | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'An address that needs no key, for a quarter of an hour; made anew whenever it is asked for.',
  })
  download_url!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  download_url_expires_at!: string | null;
}
