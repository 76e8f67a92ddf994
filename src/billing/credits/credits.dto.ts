import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import {
  IsCurrency,
  IsInstant,
  IsMoney,
  IsOneOf,
  IsText,
  MayBeAbsent,
  MayBeNull,
} from '../../platform/http/fields.decorator.js';
import type { CreditKind } from '../ledger/posting.js';
import type { CreditGrant } from './credit.js';

/** Body of POST …/credits. */
export class CreateCreditDto {
  @ApiProperty({ example: '10.00', description: 'More than 0, at most 9 decimal places.' })
  @IsMoney({ positive: true, max: '1000000000' })
  amount!: string;

  @ApiProperty({ example: 'USD', description: "The organization's currency." })
  @IsCurrency()
  currency!: string;

  @ApiProperty({ enum: ['paid', 'promo', 'goodwill'] })
  @IsOneOf('paid', 'promo', 'goodwill')
  kind!: CreditKind;

  @ApiProperty({ example: 'Welcome credit' })
  @IsText({ max: 500 })
  reason!: string;

  @ApiPropertyOptional({ nullable: true, description: 'Absent or null: it never expires.' })
  @MayBeNull()
  @IsInstant({ future: true })
  expires_at?: string | null;

  @ApiPropertyOptional({
    enum: ['sale', 'use'],
    description:
      "When tax on it is due. With `sale` you document it yourself; top-ups write a receipt. Absent: the seller's `tax_point`.",
  })
  @MayBeAbsent()
  @IsOneOf('sale', 'use')
  tax_point?: 'sale' | 'use';
}

/** Body of POST …/credits/{credit}/revoke. */
export class RevokeCreditDto {
  @ApiProperty({ example: 'Given by mistake', description: 'Stands in the ledger and the audit log.' })
  @IsText({ max: 500 })
  reason!: string;
}

/** A credit grant as the API shows it. */
export const showCredit = (grant: CreditGrant) => ({
  object: 'credit',
  id: publicId('credit', grant.id),
  organization: publicId('organization', grant.organizationId),
  kind: grant.kind,
  amount: formatNano(grant.amountNano),
  remaining: formatNano(grant.remainingNano),
  currency: grant.currency,
  reason: grant.reason,
  tax_point: grant.taxPoint,
  expires_at: grant.expiresAt?.toISOString() ?? null,
  created_at: grant.createdAt.toISOString(),
});
