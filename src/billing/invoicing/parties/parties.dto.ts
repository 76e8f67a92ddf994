import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsCountry,
  IsCount,
  IsFlag,
  IsJudged,
  IsOneOf,
  IsPublicId,
  IsText,
  MayBeAbsent,
  MayBeNull,
} from '../../../platform/http/fields.decorator.js';

const COUNTRY = /^[A-Z]{2}$/;
const RATES = 300;

const isRates = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.entries(value).length <= RATES &&
  Object.entries(value).every(
    ([country, rate]) => COUNTRY.test(country) && Number.isInteger(rate) && rate >= 0 && rate <= 1_000_000,
  );

class LegalEntityFields {
  @ApiPropertyOptional({ maxLength: 500 })
  @MayBeAbsent()
  @IsText({ max: 500 })
  address?: string;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'DE', description: 'Null: charges no tax.' })
  @MayBeNull()
  @IsCountry()
  country?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'DE136695976' })
  @MayBeNull()
  @IsText({ max: 20 })
  vat_id?: string | null;

  @ApiPropertyOptional({
    enum: ['sale', 'use'],
    default: 'use',
    description:
      'When tax on prepaid credit is due. With `sale` top-ups charge it and issue a receipt; usage paid by that credit bears none.',
  })
  @MayBeAbsent()
  @IsOneOf('sale', 'use')
  tax_point?: 'sale' | 'use';

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'integer' },
    example: { DE: 190_000 },
    description: 'Standard rates in parts per million, by country the entity is registered in.',
  })
  @MayBeAbsent()
  @IsJudged('areRates', (value) =>
    isRates(value) ? null : 'must map countries to whole numbers from 0 to 1000000, such as {"DE": 190000}',
  )
  tax_rates_ppm?: Record<string, number>;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    description: "From a period's close to the issue of its draft. Null: by hand only.",
  })
  @MayBeNull()
  @IsCount({ min: 0, max: 44_640 })
  auto_finalize_minutes?: number | null;

  @ApiPropertyOptional({ maxLength: 500, example: 'IBAN DE…' })
  @MayBeAbsent()
  @IsText({ max: 500 })
  payment_details?: string;
}

/** Body of PATCH /legal-entities/{entity}. */
export class UpdateLegalEntityDto extends LegalEntityFields {
  @ApiPropertyOptional({ maxLength: 200 })
  @MayBeAbsent()
  @IsText()
  name?: string;

  @ApiPropertyOptional({
    example: 'DE',
    description: 'Stands before every number; fixed once one was issued.',
  })
  @MayBeAbsent()
  @IsText({ min: 0, max: 8, pattern: /^[A-Z0-9]{0,8}$/, form: 'must be capitals and digits' })
  number_prefix?: string;
}

/** Body of POST /legal-entities. */
export class CreateLegalEntityDto extends LegalEntityFields {
  @ApiProperty({ maxLength: 200 })
  @IsText()
  name!: string;

  @ApiProperty({ example: 'DE' })
  @IsText({ max: 8, pattern: /^[A-Z0-9]{1,8}$/, form: 'must be capitals and digits' })
  number_prefix!: string;
}

/** Body of PATCH /organizations/{organization}/billing-account. */
export class UpdateBillingAccountDto {
  @ApiPropertyOptional({ example: 'le_0199…', description: 'Who sells; fixed once anything was posted.' })
  @MayBeAbsent()
  @IsPublicId('legalEntity')
  legal_entity?: string;

  @ApiPropertyOptional({ type: String, nullable: true, description: "Null: the organization's name." })
  @MayBeNull()
  @IsText()
  legal_name?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @MayBeNull()
  @IsText({ max: 500 })
  address?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @MayBeNull()
  @IsText({ max: 254, pattern: /^[^\s@]+@[^\s@]+$/, form: 'must be an e-mail address' })
  email?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @MayBeNull()
  @IsText({ max: 100 })
  po_number?: string | null;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: 365 })
  @MayBeAbsent()
  @IsCount({ max: 365 })
  net_days?: number;

  @ApiPropertyOptional({ description: 'Holds a certificate of exemption.' })
  @MayBeAbsent()
  @IsFlag()
  tax_exempt?: boolean;
}
