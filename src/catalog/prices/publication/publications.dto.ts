import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { TOKEN_CLASSES, type TokenClass } from '../../../core/token-usage.js';
import {
  IsCount,
  IsCurrency,
  IsFlag,
  IsInstant,
  IsOneOf,
  IsPublicId,
  IsText,
  IsTextList,
  MayBeAbsent,
  MayBeNull,
} from '../../../platform/http/fields.decorator.js';
import { PRICE_KINDS, type PriceKind } from '../../price.js';
import { ADJUSTMENT_LIMITS } from './adjusted-price.js';

/** Body of POST /prices/publish. */
export class PublishPrices {
  @ApiProperty({
    enum: PRICE_KINDS,
    description:
      'What the new prices are made of: list prices (a discount), or the cost of a provider (a markup).',
  })
  @IsOneOf(...PRICE_KINDS)
  base!: PriceKind;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Slug or id of the provider whose prices are the base; needed when base is cost.',
  })
  @MayBeNull()
  @IsText({ max: 80 })
  base_provider?: string | null;

  @ApiProperty({
    type: 'integer',
    minimum: ADJUSTMENT_LIMITS.min,
    maximum: ADJUSTMENT_LIMITS.max,
    description: 'Parts per million on top (250000 is 25 % more) or, below 0, off (-150000 is 15 % less).',
  })
  @IsCount(ADJUSTMENT_LIMITS)
  adjustment_ppm!: number;

  @ApiProperty({ example: 'USD' })
  @IsCurrency()
  currency!: string;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Whose contract prices they become.' })
  @MayBeNull()
  @IsPublicId('organization')
  organization?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Slug or id of the provider the new prices are narrowed to; every provider when absent.',
  })
  @MayBeNull()
  @IsText({ max: 80 })
  provider?: string | null;

  @ApiPropertyOptional({ type: [String], description: 'Ids of models; all that have a base when absent.' })
  @MayBeAbsent()
  @IsTextList({ max: 127, minItems: 1, maxItems: 1_000 })
  models?: string[];

  @ApiPropertyOptional({ enum: TOKEN_CLASSES, isArray: true, description: 'All classes when absent.' })
  @MayBeAbsent()
  @IsTextList({ minItems: 1 })
  token_classes?: TokenClass[];

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    format: 'date-time',
    description: 'A second from now when absent: all take over together.',
  })
  @MayBeNull()
  @IsInstant()
  valid_from?: string | null;

  @ApiPropertyOptional({ type: Boolean, default: false, description: 'Only tells what would be published.' })
  @MayBeAbsent()
  @IsFlag()
  dry_run?: boolean;
}
