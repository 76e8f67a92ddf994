import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { judgeUnitPrice } from '../../catalog/prices/unit-price.js';
import { TOKEN_CLASSES, type TokenClass } from '../../core/token-usage.js';
import {
  IsCount,
  IsCurrency,
  IsInstant,
  IsJudged,
  IsOneOf,
  IsPublicId,
  IsText,
  MayBeAbsent,
  IsNestedList,
} from '../../platform/http/fields.decorator.js';
import { listOf, money, objectOf, text, time, word } from '../../platform/http/openapi-schema.js';

/** A price to try. */
export class TriedPriceDto {
  @ApiProperty({ example: 'anthropic/claude-opus-4.8' })
  @IsText({ max: 127 })
  model!: string;

  @ApiProperty({ enum: TOKEN_CLASSES })
  @IsOneOf(...TOKEN_CLASSES)
  token_class!: TokenClass;

  @ApiProperty({ format: 'decimal', example: '2.50', description: 'As for POST /admin/v1/prices.' })
  @IsJudged('isUnitPrice', judgeUnitPrice)
  unit_price!: string;

  @ApiPropertyOptional({ type: 'integer', default: 0 })
  @MayBeAbsent()
  @IsCount()
  tier_from?: number;
}

/** Body of POST /price-previews. */
export class PreviewPrices {
  @ApiProperty({ format: 'date-time', description: 'Inclusive.' })
  @IsInstant()
  from!: string;

  @ApiProperty({ format: 'date-time', description: 'Exclusive.' })
  @IsInstant()
  to!: string;

  @ApiPropertyOptional({ description: 'Only the charges of this customer.' })
  @MayBeAbsent()
  @IsPublicId('organization')
  organization?: string;

  @ApiPropertyOptional({ description: 'Only the charges of this model.' })
  @MayBeAbsent()
  @IsText({ max: 127 })
  model?: string;

  @ApiPropertyOptional({ type: [TriedPriceDto], description: 'Prices to try; or prices_at.' })
  @MayBeAbsent()
  @IsNestedList(() => TriedPriceDto, { minItems: 1, maxItems: 1_000 })
  prices?: TriedPriceDto[];

  @ApiPropertyOptional({ example: 'USD', description: 'The currency of prices.' })
  @MayBeAbsent()
  @IsCurrency()
  currency?: string;

  @ApiPropertyOptional({
    format: 'date-time',
    description: "Instead of prices: each customer's own prices as they will be at this instant.",
  })
  @MayBeAbsent()
  @IsInstant()
  prices_at?: string;
}

const AMOUNTS = {
  amount: { ...money, description: 'As it was charged.' },
  preview_amount: { ...money, description: 'As it would have been.' },
  difference: money,
  currency: { ...text, example: 'USD' },
};

/** Past usage at other prices, as documented; showPreview makes it. */
export const PREVIEW = {
  object: word('price_preview'),
  from: time,
  to: time,
  data: listOf(
    objectOf({
      organization: { ...text, example: 'org_0199…' },
      model: text,
      token_class: text,
      quantity: text,
      kept_quantity: { ...text, description: 'What of it has no other price and keeps its own.' },
      ...AMOUNTS,
    }),
  ),
  totals: listOf(objectOf(AMOUNTS)),
};
