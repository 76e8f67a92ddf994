import { ApiProperty } from '@nestjs/swagger';
import type { showCreditNote } from './credit-note-view.js';

/** A credit note, as documented; showCreditNote makes it. */
export class CreditNoteResource implements ReturnType<typeof showCreditNote> {
  @ApiProperty({ enum: ['credit_note'] })
  object!: 'credit_note';

  @ApiProperty({ type: String, example: 'cn_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'CN-000007' })
  number!: string;

  @ApiProperty({ type: String, example: 'inv_0199…' })
  invoice!: string;

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The correction it settles; null: an amount given by hand.',
  })
  correction!: string | null;

  @ApiProperty({ type: String })
  reason!: ReturnType<typeof showCreditNote>['reason'];

  @ApiProperty({ type: String })
  memo!: string;

  @ApiProperty({ type: String, example: 'EUR' })
  currency!: string;

  @ApiProperty({ type: String, example: '12.34' })
  net!: string;

  @ApiProperty({ type: String, example: '2.34' })
  tax!: string;

  @ApiProperty({ type: String, example: '14.68' })
  total!: string;

  @ApiProperty({ type: String, example: '0.00', description: "Pays the customer's next invoices." })
  remaining!: string;

  @ApiProperty({ type: String })
  content_sha256!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  issued_at!: string;
}
