import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { SERVICE_TIERS, TOKEN_CLASSES, type ServiceTier, type TokenClass } from '../../core/token-usage.js';
import {
  IsCount,
  IsCurrency,
  IsFlag,
  IsInstant,
  IsJudged,
  IsMoney,
  IsNested,
  IsOneOf,
  IsPublicId,
  IsText,
  MayBeAbsent,
  MayBeNull,
} from '../../platform/http/fields.decorator.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import { judgeMultiplier } from '../groups/group.js';
import { PRICE_KINDS, type PriceKind } from '../price.js';
import { judgeUnitPrice } from './unit-price.js';

/** A package: so many tokens or calls for one price. */
export class PackageDto {
  @ApiProperty({ example: 1_000, description: 'Tokens or calls in a package.' })
  @IsCount({ min: 2 })
  size!: number;

  @ApiProperty({ example: '5.00', description: 'What a package costs.' })
  @IsMoney({ positive: true, max: '1000000' })
  price!: string;
}

/** Body of POST /prices. */
export class CreatePrice {
  @ApiProperty({ example: 'anthropic/claude-opus-4.8', description: 'Id of a model.' })
  @IsText({ max: 127 })
  model!: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Slug or id of a provider. A list price then holds only there; a cost price needs one.',
  })
  @MayBeNull()
  @IsText({ max: 80 })
  provider?: string | null;

  @ApiProperty({ enum: PRICE_KINDS, description: 'list: what customers pay. cost: what the provider takes.' })
  @IsOneOf(...PRICE_KINDS)
  kind!: PriceKind;

  @ApiProperty({ enum: TOKEN_CLASSES })
  @IsOneOf(...TOKEN_CLASSES)
  token_class!: TokenClass;

  @ApiPropertyOptional({
    format: 'decimal',
    example: '3.00',
    description:
      'Decimal, per 1M tokens with at most 6 places and at most 1000000; for search per call with at most 12 and at most 1000. Needed unless there is a package.',
  })
  @MayBeAbsent()
  @IsJudged('isUnitPrice', judgeUnitPrice)
  unit_price?: string;

  @ApiPropertyOptional({
    type: PackageDto,
    nullable: true,
    description:
      'Instead of unit_price, in a contract price of a postpaid customer: a call pays its share, and each bill the rest of the packages that its period began.',
  })
  @MayBeNull()
  @IsNested(() => PackageDto)
  package?: PackageDto | null;

  @ApiProperty({ example: 'USD' })
  @IsCurrency()
  currency!: string;

  @ApiPropertyOptional({ type: String, nullable: true, format: 'date-time', description: 'Now when absent.' })
  @MayBeNull()
  @IsInstant()
  valid_from?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Makes it a contract price of this customer.',
  })
  @MayBeNull()
  @IsPublicId('organization')
  organization?: string | null;

  @ApiPropertyOptional({
    type: 'integer',
    default: 0,
    description: 'Holds for calls with at least this many input tokens.',
  })
  @MayBeAbsent()
  @IsCount()
  tier_from?: number;

  @ApiPropertyOptional({
    enum: SERVICE_TIERS,
    default: 'standard',
    description:
      'Holds for calls that the vendor says it served in this tier; others pay the standard price.',
  })
  @MayBeAbsent()
  @IsOneOf(...SERVICE_TIERS)
  service_tier?: ServiceTier;
}

/** Query of GET /prices. */
export class ListPrices extends ListQuery {
  @ApiPropertyOptional({ description: 'Id of a model.' })
  @MayBeAbsent()
  @IsText({ max: 127 })
  model?: string;

  @ApiPropertyOptional({ description: 'Slug or id of a provider.' })
  @MayBeAbsent()
  @IsText({ max: 80 })
  provider?: string;

  @ApiPropertyOptional({ enum: PRICE_KINDS })
  @MayBeAbsent()
  @IsOneOf(...PRICE_KINDS)
  kind?: PriceKind;

  @ApiPropertyOptional({ enum: TOKEN_CLASSES })
  @MayBeAbsent()
  @IsOneOf(...TOKEN_CLASSES)
  token_class?: TokenClass;

  @ApiPropertyOptional({ description: 'Contract prices of this customer.' })
  @MayBeAbsent()
  @IsPublicId('organization')
  organization?: string;

  @ApiPropertyOptional({
    format: 'decimal',
    default: '1',
    description: 'Those made for groups with this multiplier; absent: those that somebody entered.',
  })
  @MayBeAbsent()
  @IsJudged('isMultiplier', judgeMultiplier)
  price_multiplier?: string;

  @ApiPropertyOptional({ type: Boolean, description: 'Only prices that hold now.' })
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @MayBeAbsent()
  @IsFlag()
  current?: boolean;
}
