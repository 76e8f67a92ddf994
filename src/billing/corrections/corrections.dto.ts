import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { parsePublicId } from '../../core/ids.js';
import {
  idPattern,
  IsFlag,
  IsJudged,
  IsOneOf,
  IsText,
  IsTextList,
  MayBeAbsent,
} from '../../platform/http/fields.decorator.js';
import { CREDIT_REASONS, type CreditReason } from '../invoicing/credit-notes/credit-note.js';

/** The UUID of an event or a request; null when the text is neither. */
export const targetId = (text: string): string | null =>
  parsePublicId('event', text) ?? parsePublicId('request', text);

const isList = (value: unknown, judge: (text: string) => boolean): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string' && judge(item));

/** Body of POST …/corrections. */
export class CreateCorrectionDto {
  @ApiProperty({
    type: 'array',
    items: { type: 'string', pattern: '^(req|evt)_[0-9a-f]{32}$' },
    example: ['req_0199…'],
    description: 'Charges to take back: requests, or usage events. At most 500.',
  })
  @IsTextList({ maxItems: 500, minItems: 1 })
  @IsJudged('areCharges', (value) =>
    isList(value, (text) => targetId(text) !== null)
      ? null
      : 'must be ids such as "req_0199…" or "evt_0199…"',
  )
  events!: string[];

  @ApiPropertyOptional({
    default: true,
    description: 'False: the charges are only taken back, nothing is charged instead.',
  })
  @MayBeAbsent()
  @IsFlag()
  charge_again?: boolean;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', pattern: idPattern('price') },
    example: ['price_0199…'],
    description: 'List prices to charge instead; a token class without one keeps its own.',
  })
  @MayBeAbsent()
  @IsTextList({ maxItems: 50 })
  @IsJudged('arePrices', (value) =>
    isList(value, (text) => parsePublicId('price', text) !== null)
      ? null
      : 'must be ids such as "price_0199…"',
  )
  prices?: string[];

  @ApiProperty({ enum: CREDIT_REASONS })
  @IsOneOf(...CREDIT_REASONS)
  reason!: CreditReason;

  @ApiProperty({ example: 'The contract price began on 1 November.', description: 'Stands on credit notes.' })
  @IsText({ max: 500 })
  memo!: string;
}

/** A correction, as documented; showCorrection makes it. */
export class CorrectionResource {
  @ApiProperty({ enum: ['correction'] })
  object!: 'correction';

  @ApiProperty({ type: String, example: 'corr_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ enum: CREDIT_REASONS })
  reason!: string;

  @ApiProperty({ type: String })
  memo!: string;

  @ApiProperty({
    enum: ['recorded', 'settled'],
    description: 'Settled: posted, and credited where invoiced.',
  })
  status!: string;

  @ApiProperty({ type: [String], example: ['CN-000001'] })
  credit_notes!: string[];

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}
