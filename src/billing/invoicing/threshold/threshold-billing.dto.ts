import { ApiProperty } from '@nestjs/swagger';
import { ValidateIf } from 'class-validator';
import { IsMoney } from '../../../platform/http/fields.decorator.js';

/** Body of PUT …/billing-threshold. */
export class PutBillingThresholdDto {
  @ApiProperty({
    type: String,
    nullable: true,
    example: '500.00',
    description:
      'Usage on credit at which a bill is written before the period ends. Null: only when it ends.',
  })
  @ValidateIf((_, value) => value !== null)
  @IsMoney({ positive: true, max: '1000000000' })
  amount!: string | null;
}

/** A threshold, as documented; showThreshold makes it. */
export class BillingThresholdResource {
  @ApiProperty({ enum: ['billing_threshold'] })
  object!: 'billing_threshold';

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String, nullable: true, example: '500.000000000' })
  amount!: string | null;

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;
}
