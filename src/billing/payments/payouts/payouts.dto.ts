import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { publicId } from '../../../core/ids.js';
import { formatNano } from '../../../core/money.js';
import {
  IsInstant,
  IsOneOf,
  IsPublicId,
  IsText,
  MayBeAbsent,
} from '../../../platform/http/fields.decorator.js';
import { ListQuery } from '../../../platform/http/list.dto.js';
import type { BalanceDay, StoredMovement, StoredPayout } from './balance.repository.js';
import { listOf, money, objectOf, text, time, whole, word } from '../../../platform/http/openapi-schema.js';

/** Query of GET /balance-transactions. */
export class MovementsQuery extends ListQuery {
  @ApiPropertyOptional({
    enum: ['open'],
    description: 'open: only those nothing in the books was found for.',
  })
  @MayBeAbsent()
  @IsOneOf('open')
  status?: 'open';

  @ApiPropertyOptional({
    example: 'po_1Gq…',
    description: "Stripe's id of an automatic payout: what it consists of.",
  })
  @MayBeAbsent()
  @IsText({ max: 100, pattern: /^po_\w+$/, form: 'must be an id such as "po_1Gq…"' })
  payout?: string;
}

/** Query of GET /reports/psp-settlement. */
export class SettlementQuery {
  @ApiProperty({ format: 'date-time', description: 'Inclusive; its day, UTC.' })
  @IsInstant()
  from!: string;

  @ApiProperty({ format: 'date-time', description: 'Exclusive.' })
  @IsInstant()
  to!: string;
}

const ASSIGNMENTS = ['fee', 'deposit', 'credit'] as const;

/** Body of POST /balance-transactions/{id}/assign. */
export class AssignMovementDto {
  @ApiProperty({
    enum: ASSIGNMENTS,
    description:
      'fee: the provider keeps it. deposit: money of the house put into the balance, or taken out. credit: a payment of a customer, for which paid credit of the same amount was given by hand.',
  })
  @IsOneOf(...ASSIGNMENTS)
  as!: (typeof ASSIGNMENTS)[number];

  @ApiPropertyOptional({ example: 'cred_0199…', description: 'With credit: which.' })
  @MayBeAbsent()
  @IsPublicId('credit')
  credit?: string;

  @ApiProperty({ example: 'Charge of the web shop, same account', description: 'Stands in the audit log.' })
  @IsText({ max: 500 })
  reason!: string;
}

/** A payout, as documented; showPayout makes it. */
export class PayoutResource {
  @ApiProperty({ enum: ['payout'] })
  object!: 'payout';

  @ApiProperty({ type: String, example: 'po_0199…' })
  id!: string;

  @ApiProperty({ type: String, description: "Stripe's id." })
  provider_reference!: string;

  @ApiProperty({ type: String, example: '96.800000000' })
  amount!: string;

  @ApiProperty({ type: String })
  currency!: string;

  @ApiProperty({ enum: ['pending', 'in_transit', 'paid', 'failed', 'canceled'] })
  status!: string;

  @ApiProperty({ type: Boolean })
  automatic!: boolean;

  @ApiProperty({ type: String, format: 'date' })
  arrives_on!: string;

  @ApiProperty({ type: String, nullable: true })
  failure_message!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}

/** A movement of the balance, as documented; showMovement makes it. */
export class MovementResource {
  @ApiProperty({ enum: ['balance_transaction'] })
  object!: 'balance_transaction';

  @ApiProperty({ type: String, example: 'txn_1Gq…', description: "Stripe's id." })
  id!: string;

  @ApiProperty({ type: String, example: 'charge' })
  type!: string;

  @ApiProperty({ type: String, nullable: true, description: 'What it is of in the books; null: open.' })
  subject!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'pi_…' })
  source!: string | null;

  @ApiProperty({ type: String })
  amount!: string;

  @ApiProperty({ type: String })
  fee!: string;

  @ApiProperty({ type: String })
  net!: string;

  @ApiProperty({ type: String })
  currency!: string;

  @ApiProperty({ type: String, nullable: true })
  payout!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  occurred_at!: string;
}

/** A payout as the API shows it. */
export const showPayout = (payout: StoredPayout) => ({
  object: 'payout' as const,
  id: publicId('payout', payout.id),
  provider_reference: payout.ref,
  amount: formatNano(payout.amountNano),
  currency: payout.currency,
  status: payout.status,
  automatic: payout.automatic,
  arrives_on: payout.arrivesOn.toISOString().slice(0, 10),
  failure_message: payout.failureMessage,
  created_at: payout.createdAt.toISOString(),
});

/** A movement as the API shows it. */
export const showMovement = (movement: StoredMovement) => ({
  object: 'balance_transaction' as const,
  id: movement.ref,
  type: movement.type,
  subject: movement.subject,
  source: movement.sourceRef,
  amount: formatNano(movement.amountNano),
  fee: formatNano(movement.feeNano),
  net: formatNano(movement.netNano),
  currency: movement.currency,
  payout: movement.payoutRef,
  occurred_at: movement.occurredAt.toISOString(),
});

/** A day of the settlement report. */
export const showDay = ({ day, currency, open, ...sums }: BalanceDay) => ({
  day,
  currency,
  ...Object.fromEntries(Object.entries(sums).map(([name, digits]) => [name, formatNano(BigInt(digits))])),
  open,
});

/** The balance at the payment provider day by day, as documented; showDay makes a day. */
export const SETTLEMENT = {
  object: word('psp_settlement'),
  from: time,
  to: time,
  data: listOf(
    objectOf({
      day: { ...text, format: 'date' },
      currency: { ...text, example: 'USD' },
      payments: money,
      refunds: money,
      disputes: money,
      fees: money,
      payouts: money,
      other: money,
      net: money,
      closing: { ...money, description: 'All movements up to the end of the day.' },
      open: { ...whole, description: 'Movements that the books know nothing of.' },
    }),
  ),
};
