import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsCount,
  IsMoney,
  IsOneOf,
  IsPublicId,
  IsText,
  MayBeAbsent,
  IsNestedList,
} from '../../platform/http/fields.decorator.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import { CREDIT_REASONS, type CreditReason } from './credit-notes/credit-note.js';
import { INVOICE_KINDS, INVOICE_STATUSES, type InvoiceKind, type InvoiceStatus } from './invoice.js';

/** Query of GET /invoices. */
export class InvoicesQuery extends ListQuery {
  @ApiPropertyOptional({ description: 'An organization id.' })
  @MayBeAbsent()
  @IsPublicId('organization')
  organization?: string;

  @ApiPropertyOptional({ description: 'A billing period id.' })
  @MayBeAbsent()
  @IsPublicId('period')
  period?: string;

  @ApiPropertyOptional({ enum: INVOICE_STATUSES })
  @MayBeAbsent()
  @IsOneOf(...INVOICE_STATUSES)
  status?: InvoiceStatus;

  @ApiPropertyOptional({ enum: INVOICE_KINDS })
  @MayBeAbsent()
  @IsOneOf(...INVOICE_KINDS)
  kind?: InvoiceKind;
}

/** Body of POST /invoices/{invoice}/pay. */
export class PayInvoiceDto {
  @ApiPropertyOptional({
    example: 'TRN 2026-12-03 4711',
    description:
      "The bank's reference of a transfer that has arrived. Absent: the payment method is charged.",
  })
  @MayBeAbsent()
  @IsText({ max: 200 })
  reference?: string;
}

/** A part of an invoice's line to give back. */
export class CreditedLineDto {
  @ApiProperty({ type: 'integer', minimum: 1, description: 'The number of a usage line of the invoice.' })
  @IsCount({ min: 1 })
  line!: number;

  @ApiProperty({ example: '12.50', description: 'Net, in the currency of the invoice.' })
  @IsMoney({ positive: true })
  amount!: string;
}

/** Body of POST /invoices/{invoice}/credit-notes. */
export class CreateCreditNoteDto {
  @ApiProperty({ enum: CREDIT_REASONS })
  @IsOneOf(...CREDIT_REASONS)
  reason!: CreditReason;

  @ApiProperty({ example: 'Outage on 3 December', description: 'Stands on the credit note.' })
  @IsText({ max: 500 })
  memo!: string;

  @ApiPropertyOptional({
    type: [CreditedLineDto],
    description: 'Absent: all that is left of the invoice.',
  })
  @MayBeAbsent()
  @IsNestedList(() => CreditedLineDto, { minItems: 1, maxItems: 200 })
  lines?: CreditedLineDto[];
}

/** Query of GET /credit-notes. */
export class CreditNotesQuery extends ListQuery {
  @ApiPropertyOptional({ description: 'An organization id.' })
  @MayBeAbsent()
  @IsPublicId('organization')
  organization?: string;

  @ApiPropertyOptional({ description: 'An invoice id.' })
  @MayBeAbsent()
  @IsPublicId('invoice')
  invoice?: string;
}

/** Body of POST …/write-off. */
export class WriteOffInvoiceDto {
  @ApiProperty({ example: 'Insolvency of the customer', description: 'Stands in the audit log.' })
  @IsText({ max: 500 })
  reason!: string;
}
