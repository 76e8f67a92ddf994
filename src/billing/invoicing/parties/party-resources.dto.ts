import { ApiProperty } from '@nestjs/swagger';
import { TaxDto } from '../../../accounts/organizations/organizations.dto.js';
import type { showBillingAccount, showLegalEntity } from './party.js';

/** A legal entity, as documented; showLegalEntity makes it. */
export class LegalEntityResource implements ReturnType<typeof showLegalEntity> {
  @ApiProperty({ enum: ['legal_entity'] })
  object!: 'legal_entity';

  @ApiProperty({ type: String, example: 'le_0199…' })
  id!: string;

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ type: String })
  address!: string;

  @ApiProperty({ type: String, nullable: true, example: 'DE', description: 'Null: no tax is charged.' })
  country!: string | null;

  @ApiProperty({ type: String, nullable: true })
  vat_id!: string | null;

  @ApiProperty({ enum: ['sale', 'use'], description: 'When tax on prepaid credit is due.' })
  tax_point!: 'sale' | 'use';

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'Standard rates by country, parts per million.',
  })
  tax_rates_ppm!: Record<string, number>;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: "From a period's close to the issue of its draft; null: by hand only.",
  })
  auto_finalize_minutes!: number | null;

  @ApiProperty({ type: String })
  number_prefix!: string;

  @ApiProperty({ type: String })
  payment_details!: string;
}

/** How a customer is billed, as documented; showBillingAccount makes it. */
export class BillingAccountResource implements ReturnType<typeof showBillingAccount> {
  @ApiProperty({ enum: ['billing_account'] })
  object!: 'billing_account';

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String, example: 'le_0199…', description: 'Who sells.' })
  legal_entity!: string;

  @ApiProperty({ type: String, nullable: true, description: "Null: the organization's own name." })
  legal_name!: string | null;

  @ApiProperty({ type: String, nullable: true })
  address!: string | null;

  @ApiProperty({ type: String, nullable: true })
  email!: string | null;

  @ApiProperty({ type: String, nullable: true })
  po_number!: string | null;

  @ApiProperty({ type: 'integer' })
  net_days!: number;

  @ApiProperty({ type: Boolean })
  tax_exempt!: boolean;

  @ApiProperty({ type: TaxDto, description: 'Set with the organization.' })
  tax!: ReturnType<typeof showBillingAccount>['tax'];
}
