import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsCount,
  IsInstant,
  IsJudged,
  IsMoney,
  IsOneOf,
  IsPublicId,
  IsText,
  MayBeAbsent,
} from '../../platform/http/fields.decorator.js';
import { Transform } from 'class-transformer';
import { ListQuery } from '../../platform/http/list.dto.js';
import { STATEMENT_FORMATS, type StatementFormat } from './statement.js';
import {
  flag,
  listOf,
  money,
  nullableText,
  objectOf,
  text,
  time,
  whole,
  word,
} from '../../platform/http/openapi-schema.js';

const judgeContent = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && !value.includes('\0') ? null : 'must be the text of the file';

/** Body of POST /provider-statements. */
export class ReconcileDto {
  @ApiProperty({ example: 'openai', description: 'Slug of the provider.' })
  @IsText({ max: 63 })
  provider!: string;

  @ApiProperty({ enum: STATEMENT_FORMATS })
  @IsOneOf(...STATEMENT_FORMATS)
  format!: StatementFormat;

  @ApiProperty({
    minLength: 1,
    maxLength: 1_000_000,
    description: 'The file as text, up to 1 MB; larger ones: faregate reconcile.',
  })
  @IsJudged('isContent', judgeContent)
  content!: string;

  @ApiPropertyOptional({
    type: 'integer',
    default: 10_000,
    description: 'Open share let pass, parts per million.',
  })
  @MayBeAbsent()
  @IsCount({ max: 1_000_000 })
  tolerance_ppm?: number;

  @ApiPropertyOptional({ default: '1.00', description: 'Open cost let pass.' })
  @MayBeAbsent()
  @IsMoney({ min: '0' })
  tolerance?: string;
}

/** Body of POST …/accept. */
export class AcceptStatementDto {
  @ApiProperty({ example: 'Price rise of 1 November', description: 'Stands in the audit log.' })
  @IsText({ max: 500 })
  reason!: string;

  @ApiPropertyOptional({ example: 'le_0199…', description: 'Whose books; absent: the oldest entity.' })
  @MayBeAbsent()
  @IsPublicId('legalEntity')
  legal_entity?: string;
}

/** Body of POST …/pay. */
export class PayStatementDto {
  @ApiProperty({ example: 'Transfer of 3 December', description: 'Stands in the ledger.' })
  @IsText({ max: 200 })
  reference!: string;
}

/** Query of GET /provider-statements and of the report. */
export class StatementsQuery extends ListQuery {
  @ApiPropertyOptional({ description: 'Slug of a provider.' })
  @MayBeAbsent()
  @IsText({ max: 63 })
  provider?: string;
}

/** Query of GET /reports/cost-drift. */
export class CostDriftQuery {
  @ApiProperty({ format: 'date-time', description: 'Inclusive.' })
  @IsInstant()
  from!: string;

  @ApiProperty({ format: 'date-time', description: 'Exclusive.' })
  @IsInstant()
  to!: string;

  @ApiPropertyOptional({
    type: 'integer',
    default: 20_000,
    description: 'Parts per million of what is stated.',
  })
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,7}$/.test(value) ? Number(value) : value,
  )
  @MayBeAbsent()
  @IsCount({ max: 1_000_000 })
  limit_ppm?: number;
}

/** Query of GET …/results. */
export class ResultsQuery extends ListQuery {
  @ApiPropertyOptional({ enum: ['matched', 'explained', 'open'] })
  @MayBeAbsent()
  @IsOneOf('matched', 'explained', 'open')
  status?: string;
}

/** A statement compared with the books, as documented; showStatement makes it. */
export class StatementResource {
  @ApiProperty({ enum: ['provider_statement'] })
  object!: 'provider_statement';

  @ApiProperty({ type: String, example: 'pst_0199…' })
  id!: string;

  @ApiProperty({ type: String })
  provider!: string;

  @ApiProperty({ enum: STATEMENT_FORMATS })
  format!: string;

  @ApiProperty({ type: String, example: '2026-11-01', description: 'First day, UTC.' })
  from!: string;

  @ApiProperty({ type: String, example: '2026-11-30', description: 'Last day, UTC, inclusive.' })
  to!: string;

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;

  @ApiProperty({ type: String, nullable: true, example: '12.340000000' })
  stated_cost!: string | null;

  @ApiProperty({ type: String })
  accrued_cost!: string;

  @ApiProperty({
    type: String,
    description:
      'What of the accrued cost nobody was charged for: attempts that failed, and test calls of the house.',
  })
  accrued_unbilled_cost!: string;

  @ApiProperty({ type: String, nullable: true, description: 'Stated less accrued.' })
  variance!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Of what is stated, parts per million.' })
  variance_ppm!: string | null;

  @ApiProperty({ type: String, description: 'What nothing explains; differences do not cancel out.' })
  open_cost!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  tolerance!: object;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'Rows matched, explained and open.',
  })
  rows!: object;

  @ApiProperty({ type: String })
  stated_quantity!: string;

  @ApiProperty({ type: String })
  open_quantity!: string;

  @ApiProperty({ enum: ['agreed', 'open', 'accepted', 'paid'] })
  status!: string;

  @ApiProperty({ type: String, nullable: true })
  legal_entity!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}

/** One row of a comparison, as documented; showResult makes it. */
export class ResultResource {
  @ApiProperty({ type: String, example: '2026-11-03' })
  day!: string;

  @ApiProperty({ type: String, nullable: true, description: "The provider's id of its answer." })
  request_id!: string | null;

  @ApiProperty({ type: String, nullable: true })
  model!: string | null;

  @ApiProperty({ type: String, nullable: true })
  token_class!: string | null;

  @ApiProperty({ enum: ['matched', 'explained', 'open'] })
  status!: string;

  @ApiProperty({ enum: ['not_in_books', 'not_in_statement', 'price', 'unexplained'], nullable: true })
  cause!: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'stated, booked, explained [{reason, amount}], open; null: not stated.',
  })
  quantity!: object | null;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  cost!: object | null;
}

/** What providers said calls cost beside what was accrued, as documented; showDrift makes a day. */
export const DRIFT = {
  object: word('cost_drift'),
  from: time,
  to: time,
  limit_ppm: text,
  data: listOf(
    objectOf({
      day: { ...text, format: 'date' },
      provider: text,
      model: text,
      calls: whole,
      stated: money,
      accrued: money,
      currency: { ...text, example: 'USD' },
      drift_ppm: { ...nullableText, description: 'Of what is stated, parts per million.' },
      over: { ...flag, description: 'Whether that is beyond the limit.' },
    }),
  ),
};
