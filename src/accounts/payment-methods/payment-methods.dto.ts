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
      "The provider's token. Sandbox: a test card. Invoice: the reference the payer wants to read.",
  })
  @IsText({ max: 200 })
  token!: string;
}
