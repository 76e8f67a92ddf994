import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import { IsInstant, IsPublicId, IsText, MayBeAbsent } from '../../platform/http/fields.decorator.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import type { StoredTransaction } from './ledger-reads.repository.js';

/** Query of GET /ledger/transactions. */
export class TransactionsQuery extends ListQuery {
  @ApiPropertyOptional({ description: 'An organization id.' })
  @MayBeAbsent()
  @IsPublicId('organization')
  organization?: string;

  @ApiPropertyOptional({ example: 'invoice', description: 'What was posted: usage, invoice, top_up …' })
  @MayBeAbsent()
  @IsText({ max: 60, pattern: /^[a-z_]+$/, form: 'must be a kind such as "usage"' })
  kind?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Inclusive.' })
  @MayBeAbsent()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Exclusive.' })
  @MayBeAbsent()
  @IsInstant()
  to?: string;
}

class EntryResource {
  @ApiProperty({ type: String, example: 'contract_asset' })
  account!: string;

  @ApiProperty({ enum: ['customer', 'house'] })
  of!: string;

  @ApiProperty({ type: String, nullable: true, example: '12.340000000' })
  debit!: string | null;

  @ApiProperty({ type: String, nullable: true })
  credit!: string | null;
}

/** A ledger transaction, as documented; showTransaction makes it. */
export class TransactionResource {
  @ApiProperty({ enum: ['ledger_transaction'] })
  object!: 'ledger_transaction';

  @ApiProperty({ type: String, example: 'txn_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'invoice' })
  kind!: string;

  @ApiProperty({ type: String, nullable: true, example: 'org_0199…' })
  organization!: string | null;

  @ApiProperty({ type: String, example: 'le_0199…' })
  legal_entity!: string;

  @ApiProperty({ type: String, nullable: true, description: 'The transaction this one takes back.' })
  reverses!: string | null;

  @ApiProperty({ type: String })
  description!: string;

  @ApiProperty({ type: String, example: 'EUR' })
  currency!: string;

  @ApiProperty({ type: [EntryResource], description: 'Debits and credits sum to the same.' })
  entries!: EntryResource[];

  @ApiProperty({ type: String, format: 'date-time' })
  effective_at!: string;
}

/** A ledger transaction as the API shows it. */
export const showTransaction = (transaction: StoredTransaction): TransactionResource => ({
  object: 'ledger_transaction',
  id: publicId('transaction', transaction.id),
  kind: transaction.kind,
  organization:
    transaction.organizationId === null ? null : publicId('organization', transaction.organizationId),
  legal_entity: publicId('legalEntity', transaction.legalEntityId),
  reverses: transaction.reversesId === null ? null : publicId('transaction', transaction.reversesId),
  description: transaction.description,
  currency: transaction.currency,
  entries: transaction.entries.map(({ account, wallet, nano }) => {
    const amount = BigInt(nano);
    return {
      account,
      of: wallet ? 'customer' : 'house',
      debit: amount > 0n ? formatNano(amount) : null,
      credit: amount < 0n ? formatNano(-amount) : null,
    };
  }),
  effective_at: transaction.effectiveAt.toISOString(),
});
