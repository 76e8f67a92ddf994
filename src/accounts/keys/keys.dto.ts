import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsCount,
  IsInstant,
  IsJudged,
  IsNested,
  IsPublicId,
  IsStringMap,
  IsText,
  IsTextList,
  MayBeAbsent,
  MayBeNull,
} from '../../platform/http/fields.decorator.js';
import { RateLimitsDto } from '../../platform/http/rate-limits.dto.js';
import { BudgetDto } from '../budgets/budget.dto.js';
import { RoutingDefaultsDto } from '../routing-defaults.dto.js';
import { KEY_SCOPES, type KeyScope } from './api-key.js';
import { isAddressOrRange } from './ip-range.js';

const MAX_OVERLAP_SECONDS = 604_800;

/** Judges the items of a list that IsTextList has already found to hold texts. */
const EachItem = (name: string, fits: (item: string) => boolean, wanted: string) =>
  IsJudged(name, (value) => {
    const items: unknown[] = Array.isArray(value) ? value : [];
    const wrong = items.find((item) => typeof item !== 'string' || !fits(item));
    return wrong === undefined ? null : `must hold ${wanted} only`;
  });

class KeyFields {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'pm_0199…',
    description: "A payment method of the same organization. Null: the organization's default.",
  })
  @MayBeNull()
  @IsPublicId('paymentMethod')
  payment_method?: string | null;

  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true, description: 'Null: never.' })
  @MayBeNull()
  @IsInstant({ future: true })
  expires_at?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'grp_0199…',
    description: 'What it pays and who may serve it. Null: list prices, every deployment.',
  })
  @MayBeNull()
  @IsPublicId('group')
  group?: string | null;

  @ApiPropertyOptional({ type: [String], description: 'Model ids or aliases. Empty: every model.' })
  @MayBeAbsent()
  @IsTextList({ maxItems: 200 })
  allowed_models?: string[];

  @ApiPropertyOptional({ type: [String], description: 'Addresses and CIDR ranges. Empty: from anywhere.' })
  @MayBeAbsent()
  @IsTextList({ max: 50 })
  @EachItem('isAddress', isAddressOrRange, 'IP addresses and CIDR ranges')
  allowed_ips?: string[];

  @ApiPropertyOptional({ enum: KEY_SCOPES, isArray: true, default: ['inference'] })
  @MayBeAbsent()
  @IsTextList({ minItems: 1 })
  @EachItem('isScope', (item) => (KEY_SCOPES as readonly string[]).includes(item), KEY_SCOPES.join(', '))
  scopes?: KeyScope[];

  @ApiPropertyOptional({ type: RateLimitsDto, description: 'Replaced as a whole.' })
  @MayBeAbsent()
  @IsNested(() => RateLimitsDto)
  rate_limits?: RateLimitsDto;

  @ApiPropertyOptional({ type: RoutingDefaultsDto, description: 'Replaced as a whole.' })
  @MayBeAbsent()
  @IsNested(() => RoutingDefaultsDto)
  routing_defaults?: RoutingDefaultsDto;

  @ApiPropertyOptional({ type: BudgetDto, nullable: true, description: 'Null: no cap.' })
  @MayBeNull()
  @IsNested(() => BudgetDto)
  budget?: BudgetDto | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'At most 16 pairs of strings. Replaced as a whole.',
  })
  @MayBeAbsent()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class CreateKeyDto extends KeyFields {
  @ApiProperty({ maxLength: 200, example: 'production' })
  @IsText()
  name!: string;
}

export class UpdateKeyDto extends KeyFields {
  @ApiPropertyOptional({ maxLength: 200 })
  @MayBeAbsent()
  @IsText()
  name?: string;
}

export class RotateKeyDto {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: MAX_OVERLAP_SECONDS,
    default: 0,
    description: 'How long the old secrets still work.',
  })
  @MayBeAbsent()
  @IsCount({ max: MAX_OVERLAP_SECONDS })
  overlap_seconds?: number;
}

/** What is known of a secret after its creation. */
export class KeySecretResource {
  @ApiProperty({ type: String, example: 'fg_live_3fK9' })
  starts_with!: string;

  @ApiProperty({ type: String })
  last4!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Null: as long as the key.',
  })
  expires_at!: string | null;
}

/** A key, as documented; apiKeyView makes it. */
export class KeyResource {
  @ApiProperty({ enum: ['api_key'] })
  object!: 'api_key';

  @ApiProperty({ type: String, example: 'key_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String, example: 'proj_0199…' })
  project!: string;

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ enum: ['active', 'revoked'] })
  status!: string;

  @ApiProperty({ type: String, nullable: true, example: 'pm_0199…' })
  payment_method!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revoked_at!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'grp_0199…' })
  group!: string | null;

  @ApiProperty({ type: [String] })
  allowed_models!: string[];

  @ApiProperty({ type: [String] })
  allowed_ips!: string[];

  @ApiProperty({ enum: KEY_SCOPES, isArray: true })
  scopes!: KeyScope[];

  @ApiProperty({ type: RateLimitsDto })
  rate_limits!: RateLimitsDto;

  @ApiProperty({ type: RoutingDefaultsDto })
  routing_defaults!: RoutingDefaultsDto;

  @ApiProperty({ type: BudgetDto, nullable: true })
  budget!: BudgetDto | null;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  metadata!: Record<string, string>;

  @ApiProperty({ type: [KeySecretResource] })
  secrets!: KeySecretResource[];

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}

/** The answer to a creation or rotation. */
export class KeyWithSecretResource extends KeyResource {
  @ApiProperty({ type: String, example: 'fg_live_…', description: 'Shown in this answer alone.' })
  secret!: string;
}
