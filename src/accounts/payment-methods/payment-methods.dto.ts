import { ApiProperty } from '@nestjs/swagger';
import { IsOneOf, IsText } from '../../platform/http/fields.decorator.js';
import { PAYMENT_PROVIDERS, type PaymentProviderName } from './payment-method.js';

export class AttachPaymentMethodDto {
  @ApiProperty({ enum: PAYMENT_PROVIDERS })
  @IsOneOf(...PAYMENT_PROVIDERS)
  provider!: PaymentProviderName;

  @ApiProperty({
    example: 'pm_card_visa',
    description:
      "The provider's token. Sandbox: a test card. Invoice: the reference the payer wants to read. " +
      'Stripe: a payment method ("pm_…"), or a setup intent ("seti_…") that the payer has completed.',
  })
  @IsText({ max: 200 })
  token!: string;
}

/** A payment method, as documented; paymentMethodView makes it. */
export class PaymentMethodResource {
  @ApiProperty({ enum: ['payment_method'] })
  object!: 'payment_method';

  @ApiProperty({ type: String, example: 'pm_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ enum: PAYMENT_PROVIDERS })
  provider!: string;

  @ApiProperty({ type: String, nullable: true, description: "The payer's reference on invoices." })
  reference!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'visa' })
  brand!: string | null;

  @ApiProperty({ type: String, nullable: true, example: '4242' })
  last4!: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  exp_month!: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  exp_year!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'The same for the same card.' })
  fingerprint!: string | null;

  @ApiProperty({ enum: ['active', 'expired', 'detached', 'blocked'] })
  status!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}

/** What a browser needs to let a payer enter a card. */
export class SetupIntentResource {
  @ApiProperty({ enum: ['setup_intent'] })
  object!: 'setup_intent';

  @ApiProperty({
    type: String,
    example: 'seti_1P…',
    description: 'Attach it as `token` when the payer is done.',
  })
  id!: string;

  @ApiProperty({ type: String, description: "For Stripe's script; treat it as a secret." })
  client_secret!: string;

  @ApiProperty({ type: String, example: 'cus_P…' })
  customer!: string;
}
