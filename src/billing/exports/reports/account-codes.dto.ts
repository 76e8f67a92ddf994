import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOneOf, IsText, MayBeAbsent, IsNestedList } from '../../../platform/http/fields.decorator.js';
import { ACCOUNT_KINDS } from '../../ledger/posting.js';

class AccountCodeDto {
  @ApiProperty({ enum: ACCOUNT_KINDS, example: 'revenue' })
  @IsOneOf(...ACCOUNT_KINDS)
  account!: string;

  @ApiProperty({ example: '8400' })
  @IsText({ max: 40 })
  code!: string;

  @ApiPropertyOptional({ example: 'Sales, 19 % VAT' })
  @MayBeAbsent()
  @IsText({ max: 200 })
  name?: string;
}

/** Body of PUT …/account-codes. */
export class PutAccountCodesDto {
  @ApiProperty({ type: [AccountCodeDto] })
  @IsNestedList(() => AccountCodeDto, { maxItems: ACCOUNT_KINDS.length })
  codes!: AccountCodeDto[];
}

class AccountCodeResource {
  @ApiProperty({ enum: ACCOUNT_KINDS })
  account!: string;

  @ApiProperty()
  code!: string;

  @ApiProperty({ description: 'Empty: none.' })
  name!: string;
}

/** The codes of a legal entity, as documented. */
export class AccountCodesResource {
  @ApiProperty({ enum: ['account_codes'] })
  object!: 'account_codes';

  @ApiProperty({ example: 'le_0199…' })
  legal_entity!: string;

  @ApiProperty({ type: [AccountCodeResource] })
  codes!: AccountCodeResource[];
}
