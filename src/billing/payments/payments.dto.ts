import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsMoney, IsPublicId, IsText, MayBeAbsent } from '../../platform/http/fields.decorator.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import { ATTEMPT_STATUSES, PURPOSES } from './payment-attempt.js';
import { PROVIDERS } from './payment-gateway.js';

/** Query of GET /payments. */
export class ListPaymentsQuery extends ListQuery {
  @ApiPropertyOptional({ example: 'org_0199…', description: 'Of this organization only.' })
  @MayBeAbsent()
  @IsPublicId('organization')
  organization?: string;
}

/** Body of POST …/mark-paid. */
export class MarkPaidDto {
  @ApiProperty({ example: 'Statement 2026-11, line 14', description: 'Where finance saw the money.' })
  @IsText({ max: 500 })
  reference!: string;
}

/** Body of POST …/refunds. */
export class CreateRefundDto {
  @ApiPropertyOptional({ example: '10.00', description: 'Absent: all that is left of the payment.' })
  @MayBeAbsent()
  @IsMoney({ positive: true, max: '1000000000' })
  amount?: string;

  @ApiProperty({ example: 'Ordered by mistake' })
  @IsText({ max: 500 })
  reason!: string;
}

/** Body of POST …/wallet/release. */
export class ReleaseWalletDto {
  @ApiProperty({ example: 'Settled by letter' })
  @IsText({ max: 500 })
  reason!: string;
}

/** A refund, as documented; refundView makes it. */
export class RefundResource {
  @ApiProperty({ enum: ['refund'] })
  object!: 'refund';

  @ApiProperty({ type: String, example: 'rfnd_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String, example: 'pay_0199…' })
  payment!: string;

  @ApiProperty({ type: String, example: '10.000000000' })
  amount!: string;

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;

  @ApiProperty({ enum: ['created', 'unknown', 'submitted', 'succeeded', 'failed'] })
  status!: string;

  @ApiProperty({ type: String })
  reason!: string;

  @ApiProperty({ type: String, nullable: true })
  provider_reference!: string | null;

  @ApiProperty({ type: String, nullable: true })
  failure_message!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  closed_at!: string | null;
}

/** A dispute, as documented; disputeView makes it. */
export class DisputeResource {
  @ApiProperty({ enum: ['dispute'] })
  object!: 'dispute';

  @ApiProperty({ type: String, example: 'disp_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String, example: 'pay_0199…' })
  payment!: string;

  @ApiProperty({ type: String })
  provider_reference!: string;

  @ApiProperty({ type: String, example: '10.000000000' })
  amount!: string;

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;

  @ApiProperty({ type: String, example: 'fraudulent' })
  reason!: string;

  @ApiProperty({ enum: ['open', 'won', 'lost'] })
  status!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  opened_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  closed_at!: string | null;
}

/** What finance gave up for a customer, as documented. */
export class WalletReleaseResource {
  @ApiProperty({ enum: ['wallet_release'] })
  object!: 'wallet_release';

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String, example: '4.000000000' })
  written_off!: string;

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;
}

/** A payment, as documented; paymentView makes it. */
export class PaymentResource {
  @ApiProperty({ enum: ['payment'] })
  object!: 'payment';

  @ApiProperty({ type: String, example: 'pay_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ enum: PURPOSES })
  purpose!: string;

  @ApiProperty({ type: String, description: 'The top-up or invoice.' })
  purpose_id!: string;

  @ApiProperty({ type: 'integer', description: '1 for the first try.' })
  attempt!: number;

  @ApiProperty({ type: String, example: 'pm_0199…' })
  payment_method!: string;

  @ApiProperty({ enum: PROVIDERS })
  provider!: string;

  @ApiProperty({ type: String, nullable: true, example: 'pi_3P…' })
  provider_reference!: string | null;

  @ApiProperty({ type: String, example: '50.000000000' })
  amount!: string;

  @ApiProperty({ type: String, nullable: true, description: 'What the provider keeps; null: not known.' })
  fee!: string | null;

  @ApiProperty({ type: String, example: 'USD' })
  currency!: string;

  @ApiProperty({ enum: ATTEMPT_STATUSES })
  status!: string;

  @ApiProperty({ type: String, nullable: true })
  decline_code!: string | null;

  @ApiProperty({ type: String, nullable: true })
  failure_message!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  closed_at!: string | null;
}
