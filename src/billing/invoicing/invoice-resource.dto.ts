import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { INVOICE_KINDS, INVOICE_STATUSES } from './invoice.js';

const money = { type: String, example: '12.34' } as const;
const time = { type: String, format: 'date-time', nullable: true } as const;

/** An invoice or statement, as documented; showInvoice makes it. */
export class InvoiceResource {
  @ApiProperty({ enum: ['invoice'] })
  object!: 'invoice';

  @ApiProperty({ type: String, example: 'inv_0199…' })
  id!: string;

  @ApiProperty({
    enum: INVOICE_KINDS,
    description:
      'On a statement nothing is owed: credit paid it all. A receipt is of credit that was taxed when it was sold.',
  })
  kind!: string;

  @ApiProperty({ enum: INVOICE_STATUSES })
  status!: string;

  @ApiProperty({ type: String, nullable: true, example: 'INV-000042', description: 'Null while a draft.' })
  number!: string | null;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: String, example: 'le_0199…' })
  legal_entity!: string;

  @ApiProperty({ type: String, nullable: true, example: 'per_0199…', description: 'Null on a receipt.' })
  period!: string | null;

  @ApiProperty({ type: String, example: 'EUR' })
  currency!: string;

  @ApiProperty({ ...money, description: 'Decimals of the currency: 2 for EUR, 0 for JPY, 3 for KWD.' })
  net!: string;

  @ApiProperty(money)
  tax!: string;

  @ApiProperty(money)
  total!: string;

  @ApiProperty({ ...money, description: 'Paid from prepaid credit that is taxed at its use.' })
  prepaid!: string;

  @ApiProperty({ ...money, description: 'Paid by credit notes.' })
  credited!: string;

  @ApiProperty(money)
  paid!: string;

  @ApiProperty({ ...money, description: 'What is still to be paid.' })
  due!: string;

  @ApiProperty({ enum: ['none', 'reminded', 'suspended', 'cured'] })
  dunning!: string;

  @ApiProperty({ type: String, nullable: true, description: 'SHA-256 of what was issued.' })
  content_sha256!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty(time)
  finalized_at!: string | null;

  @ApiProperty(time)
  due_at!: string | null;

  @ApiProperty(time)
  paid_at!: string | null;

  @ApiProperty(time)
  voided_at!: string | null;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'object' },
    description: 'When one invoice is asked for: its lines, taxes, payments and credit notes.',
  })
  lines?: object[];

  @ApiPropertyOptional({ type: 'array', items: { type: 'object' } })
  taxes?: object[];

  @ApiPropertyOptional({ type: 'array', items: { type: 'object' } })
  payments?: object[];

  @ApiPropertyOptional({ type: 'array', items: { type: 'object' } })
  credit_notes?: object[];

  @ApiPropertyOptional({ type: String, example: 'pay_0199…', description: 'When it was charged right now.' })
  payment?: string;
}
