import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { SERVICE_TIERS, TOKEN_CLASSES } from '../../core/token-usage.js';
import { PRICE_KINDS } from '../price.js';
import { PackageDto } from './prices.dto.js';
import type { PriceView } from './price-view.js';

/** A price, as documented; priceView makes it. */
export class PriceResource implements PriceView {
  @ApiProperty({ enum: ['price'] })
  object!: 'price';

  @ApiProperty({ type: String, example: 'price_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'anthropic/claude-opus-4.8' })
  model!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Slug of the provider it holds at; null: at all.',
  })
  provider!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'org_0199…',
    description: "Whose contract price it is; null: everybody's.",
  })
  organization!: string | null;

  @ApiProperty({ enum: PRICE_KINDS })
  kind!: PriceView['kind'];

  @ApiProperty({ enum: TOKEN_CLASSES })
  token_class!: PriceView['token_class'];

  @ApiProperty({ type: 'integer', description: 'Tokens of input from which it holds.' })
  tier_from!: number;

  @ApiProperty({ enum: SERVICE_TIERS, nullable: true })
  service_tier!: PriceView['service_tier'];

  @ApiProperty({ type: String, example: '3.00' })
  unit_price!: string;

  @ApiProperty({ enum: ['per_million', 'per_call'] })
  unit!: PriceView['unit'];

  @ApiProperty({ type: PackageDto, nullable: true, description: 'Null: not sold in packages.' })
  package!: PackageDto | null;

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  valid_from!: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Null: until another takes over.',
  })
  valid_to!: string | null;

  @ApiProperty({ type: String, description: 'Where the figure comes from.' })
  source!: string;

  @ApiProperty({ type: String, description: 'Of the price it was made from.' })
  price_multiplier!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The price it was made from; null: entered by somebody.',
  })
  base_price!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}

/** A price of a publication that is not stored. */
export class WantedPriceResource {
  @ApiProperty({ enum: ['price'] })
  object!: 'price';

  @ApiProperty({ type: String })
  model!: string;

  @ApiProperty({ type: String, nullable: true })
  organization!: string | null;

  @ApiProperty({ enum: PRICE_KINDS })
  kind!: string;

  @ApiProperty({ enum: TOKEN_CLASSES })
  token_class!: string;

  @ApiProperty({ type: 'integer' })
  tier_from!: number;

  @ApiProperty({ enum: SERVICE_TIERS, nullable: true })
  service_tier!: string | null;

  @ApiProperty({ type: String, example: '3.00' })
  unit_price!: string;

  @ApiProperty({ enum: ['per_million', 'per_call'] })
  unit!: 'per_million' | 'per_call';

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;

  @ApiPropertyOptional({ type: String, description: 'Why it was refused.' })
  reason?: string;
}

/** The answer to a publication of prices. */
export class PublicationResource {
  @ApiProperty({ enum: ['price_publication'] })
  object!: 'price_publication';

  @ApiProperty({ type: String, format: 'date-time' })
  valid_from!: string;

  @ApiProperty({ type: Boolean })
  dry_run!: boolean;

  @ApiProperty({
    type: [PriceResource],
    description: 'After a dry run what would be published, without ids.',
  })
  published!: PriceResource[];

  @ApiProperty({ type: [WantedPriceResource] })
  unchanged!: WantedPriceResource[];

  @ApiProperty({ type: [WantedPriceResource] })
  refused!: WantedPriceResource[];
}
