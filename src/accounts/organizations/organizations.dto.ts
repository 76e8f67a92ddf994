import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { CompatibilityProfile } from '../../core/compatibility.js';
import { isTimeZone } from '../../platform/http/field-rules.js';
import {
  IsCountry,
  IsCurrency,
  IsJudged,
  IsMoney,
  IsNested,
  IsOneOf,
  IsPublicId,
  IsText,
  MayBeAbsent,
  MayBeNull,
} from '../../platform/http/fields.decorator.js';
import { RateLimitsDto } from '../../platform/http/rate-limits.dto.js';
import { BudgetDto } from '../budgets/budget.dto.js';
import { RoutingDefaultsDto } from '../routing-defaults.dto.js';
import {
  BILLING_MODES,
  COMPATIBILITIES,
  ORGANIZATION_STATUSES,
  type BillingMode,
  type OrganizationStatus,
} from './organization.js';

export class TaxDto {
  @ApiPropertyOptional({ nullable: true, type: String, example: 'DE', description: 'ISO 3166-1 alpha-2.' })
  @MayBeNull()
  @IsCountry()
  country?: string | null;

  @ApiPropertyOptional({ nullable: true, type: String, example: 'DE123456789' })
  @MayBeNull()
  @IsText({
    max: 20,
    pattern: /^[A-Za-z0-9][A-Za-z0-9 .-]+$/,
    form: 'must be a VAT id such as "DE123456789"',
  })
  vat_id?: string | null;
}

class OrganizationFields {
  @ApiPropertyOptional({ enum: COMPATIBILITIES, default: 'standard' })
  @MayBeAbsent()
  @IsOneOf(...COMPATIBILITIES)
  compatibility?: CompatibilityProfile;

  @ApiPropertyOptional({
    maxLength: 64,
    default: 'UTC',
    example: 'Europe/Berlin',
    description: 'IANA time zone.',
  })
  @MayBeAbsent()
  @IsJudged('isTimeZone', (value) =>
    isTimeZone(value) ? null : 'must be an IANA time zone such as "Europe/Berlin"',
  )
  timezone?: string;

  @ApiPropertyOptional({ enum: BILLING_MODES, default: 'prepaid' })
  @MayBeAbsent()
  @IsOneOf(...BILLING_MODES)
  billing_mode?: BillingMode;

  @ApiPropertyOptional({
    example: '500.00',
    default: '0',
    description: 'How far a postpaid organization may run into debt. Without effect while prepaid.',
  })
  @MayBeAbsent()
  @IsMoney({ min: '0' })
  credit_limit?: string;

  @ApiPropertyOptional({ enum: ORGANIZATION_STATUSES, default: 'active' })
  @MayBeAbsent()
  @IsOneOf(...ORGANIZATION_STATUSES)
  status?: OrganizationStatus;

  @ApiPropertyOptional({ type: RoutingDefaultsDto, description: 'Replaced as a whole.' })
  @MayBeAbsent()
  @IsNested(() => RoutingDefaultsDto)
  routing_defaults?: RoutingDefaultsDto;

  @ApiPropertyOptional({ type: RateLimitsDto, description: 'All keys count together. Replaced as a whole.' })
  @MayBeAbsent()
  @IsNested(() => RateLimitsDto)
  rate_limits?: RateLimitsDto;

  @ApiPropertyOptional({ type: TaxDto, nullable: true, description: 'Replaced as a whole.' })
  @MayBeNull()
  @IsNested(() => TaxDto)
  tax?: TaxDto | null;

  @ApiPropertyOptional({ type: BudgetDto, nullable: true, description: 'Null: no cap.' })
  @MayBeNull()
  @IsNested(() => BudgetDto)
  budget?: BudgetDto | null;
}

export class CreateOrganizationDto extends OrganizationFields {
  @ApiProperty({ maxLength: 200, example: 'Acme' })
  @IsText()
  name!: string;

  @ApiPropertyOptional({
    example: 'EUR',
    default: 'USD',
    description: 'ISO 4217. Fixed once created: wallet, prices, ledger and invoices are all in it.',
  })
  @MayBeAbsent()
  @IsCurrency()
  currency?: string;
}

export class UpdateOrganizationDto extends OrganizationFields {
  @ApiPropertyOptional({ maxLength: 200 })
  @MayBeAbsent()
  @IsText()
  name?: string;

  @ApiPropertyOptional({ nullable: true, type: String, example: 'pm_0199…' })
  @MayBeNull()
  @IsPublicId('paymentMethod')
  default_payment_method?: string | null;
}

/** An organization, as documented; organizationView makes it. */
export class OrganizationResource {
  @ApiProperty({ enum: ['organization'] })
  object!: 'organization';

  @ApiProperty({ type: String, example: 'org_0199…' })
  id!: string;

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ enum: COMPATIBILITIES })
  compatibility!: string;

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;

  @ApiProperty({ type: String, example: 'UTC' })
  timezone!: string;

  @ApiProperty({ enum: BILLING_MODES })
  billing_mode!: string;

  @ApiProperty({ type: String, example: '500.000000000' })
  credit_limit!: string;

  @ApiProperty({ enum: ORGANIZATION_STATUSES })
  status!: string;

  @ApiProperty({ type: String, nullable: true, example: 'pm_0199…' })
  default_payment_method!: string | null;

  @ApiProperty({ type: RoutingDefaultsDto })
  routing_defaults!: RoutingDefaultsDto;

  @ApiProperty({ type: RateLimitsDto })
  rate_limits!: RateLimitsDto;

  @ApiProperty({ type: TaxDto })
  tax!: TaxDto;

  @ApiProperty({ type: BudgetDto, nullable: true })
  budget!: BudgetDto | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}

/** What a wallet holds, as documented; balanceView makes it. */
export class BalanceResource {
  @ApiProperty({ enum: ['balance'] })
  object!: 'balance';

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;

  @ApiProperty({ type: String, example: '12.340000000', description: 'Credited minus charged.' })
  balance!: string;

  @ApiProperty({ type: String, example: '0.100000000', description: 'Set aside for running calls.' })
  held!: string;

  @ApiProperty({ type: String, example: '12.240000000', description: 'What a new call could spend.' })
  available!: string;

  @ApiProperty({
    type: String,
    example: '0.000000000',
    description: 'How far below zero the balance may go.',
  })
  overdraft!: string;
}
