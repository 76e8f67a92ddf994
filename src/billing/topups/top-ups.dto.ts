import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsFlag, IsInstant, IsMoney, MayBeNull } from '../../platform/http/fields.decorator.js';

/** Body of POST …/top-ups. */
export class CreateTopUpDto {
  @ApiProperty({
    example: '50.00',
    description: "More than 0, in whole minor units of the organization's currency.",
  })
  @IsMoney({ positive: true, max: '1000000' })
  amount!: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the credit runs out. Absent: never.',
  })
  @MayBeNull()
  @IsInstant({ future: true })
  credit_expires_at?: string | null;
}

/** Body of PUT …/auto-top-up. */
export class PutAutoTopUpDto {
  @ApiProperty({
    example: '10.00',
    description: 'Credit is bought when the balance less holds is at or below it.',
  })
  @IsMoney({ min: '-1000000', max: '1000000' })
  threshold!: string;

  @ApiProperty({ example: '50.00', description: 'How much is bought each time, before tax.' })
  @IsMoney({ positive: true, max: '1000000' })
  amount!: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: '500.00',
    description: 'The most bought by itself in a calendar month (UTC), before tax. Absent or null: no cap.',
  })
  @MayBeNull()
  @IsMoney({ positive: true, max: '1000000000' })
  monthly_cap?: string | null;

  @ApiProperty({ type: Boolean })
  @IsFlag()
  enabled!: boolean;
}

class NextActionResource {
  @ApiProperty({
    type: String,
    nullable: true,
    description: "For the provider's script in the payer's browser.",
  })
  client_secret!: string | null;

  @ApiProperty({ type: String, nullable: true })
  redirect_url!: string | null;
}

/** A top-up, as documented; topUpView makes it. */
export class TopUpResource {
  @ApiProperty({ enum: ['top_up'] })
  object!: 'top_up';

  @ApiProperty({ type: String, example: 'topup_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String, example: '50.000000000' })
  amount!: string;

  @ApiProperty({
    type: String,
    example: '9.500000000',
    description:
      'Charged on top where the tax point of the seller is the sale; 0 where tax is due when the credit is used.',
  })
  tax!: string;

  @ApiProperty({ type: String, example: '59.500000000', description: 'What is charged: amount and tax.' })
  total!: string;

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  credit_expires_at!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'inv_0199…',
    description:
      'The receipt, an invoice of kind `receipt`; null until it is paid, and where tax is due at the use.',
  })
  receipt!: string | null;

  @ApiProperty({ enum: ['manual', 'auto'] })
  trigger!: string;

  @ApiProperty({ enum: ['pending', 'unknown', 'succeeded', 'failed', 'canceled'] })
  status!: string;

  @ApiProperty({ type: String, example: 'pm_0199…' })
  payment_method!: string;

  @ApiProperty({ type: String, nullable: true, example: 'pay_0199…' })
  payment!: string | null;

  @ApiProperty({ type: String, nullable: true })
  payment_status!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'insufficient_funds' })
  decline_code!: string | null;

  @ApiProperty({ type: String, nullable: true })
  failure_message!: string | null;

  @ApiProperty({
    type: NextActionResource,
    nullable: true,
    description: 'What the payer must do; null: nothing.',
  })
  next_action!: NextActionResource | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  closed_at!: string | null;
}

/** The rule of automatic top-ups, as documented; autoTopUpView makes it. */
export class AutoTopUpResource {
  @ApiProperty({ enum: ['auto_top_up'] })
  object!: 'auto_top_up';

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String, example: '10.000000000' })
  threshold!: string;

  @ApiProperty({ type: String, example: '50.000000000' })
  amount!: string;

  @ApiProperty({ type: String, nullable: true, example: '500.000000000' })
  monthly_cap!: string | null;

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;

  @ApiProperty({ type: Boolean })
  enabled!: boolean;

  @ApiProperty({ type: 'integer', description: 'Tries in a row that brought no money.' })
  failures!: number;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the next try may be made.',
  })
  not_before!: string | null;
}
