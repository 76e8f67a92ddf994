import { ApiProperty } from '@nestjs/swagger';
import { IsInstant } from '../../../platform/http/fields.decorator.js';
import { listOf, nullableText, objectOf, text, time, word } from '../../../platform/http/openapi-schema.js';

/** Query of GET …/statement. */
export class StatementQuery {
  @ApiProperty({ format: 'date-time', description: 'Inclusive.' })
  @IsInstant()
  from!: string;

  @ApiProperty({ format: 'date-time', description: 'Exclusive.' })
  @IsInstant()
  to!: string;
}

const amount = { ...text, example: '12.34' };

/** A customer's statement of account, as documented; showStatement makes it. */
export const STATEMENT = {
  object: word('customer_statement'),
  currency: { ...text, example: 'EUR' },
  from: time,
  to: time,
  opening_balance: { ...amount, description: 'Owed when the span began; below zero: owed to the customer.' },
  entries: listOf(
    objectOf({
      at: time,
      kind: word('invoice', 'receipt', 'void', 'credit_note', 'refund', 'payment'),
      number: { ...text, description: 'Of the document it is about.' },
      reference: { ...nullableText, description: "The bank's or the payment's; null on documents." },
      amount,
      balance: amount,
    }),
  ),
  closing_balance: amount,
};
