import { ApiProperty, ApiPropertyOptional, OmitType, PartialType } from '@nestjs/swagger';
import { IsCount, IsOneOf, IsText, MayBeAbsent } from '../../../platform/http/fields.decorator.js';
import { ListQuery } from '../../../platform/http/list.dto.js';
import { CREDENTIAL_STATUSES, type CredentialStatus } from '../../model.js';

/** Deleting is DELETE. */
const SETTABLE_STATUSES = ['active', 'draining', 'disabled'] as const;

/** Body of POST /providers/{provider}/credentials. */
export class CreateCredential {
  @ApiProperty({ example: 'second account', description: 'Unique at the provider.' })
  @IsText({ max: 100 })
  name!: string;

  @ApiProperty({ writeOnly: true, description: 'Kept encrypted, never shown.' })
  @IsText({ max: 4_096, pattern: /^[\x21-\x7e]+$/, form: 'must be printable ASCII without spaces' })
  credential!: string;

  @ApiPropertyOptional({
    type: 'integer',
    default: 1,
    description: 'Share of the calls; 0: only while no other one can be used.',
  })
  @MayBeAbsent()
  @IsCount({ max: 1_000_000 })
  weight?: number;

  @ApiPropertyOptional({
    enum: SETTABLE_STATUSES,
    default: 'active',
    description: 'Only an active one gets new calls; those under way go on.',
  })
  @MayBeAbsent()
  @IsOneOf(...SETTABLE_STATUSES)
  status?: CredentialStatus;
}

/** Body of PATCH …/credentials/{credential}; another secret is another credential. */
export class UpdateCredential extends PartialType(OmitType(CreateCredential, ['credential']), {
  skipNullProperties: false,
}) {}

/** Query of GET /providers/{provider}/credentials; deleted ones are shown only when asked for. */
export class ListCredentials extends ListQuery {
  @ApiPropertyOptional({ enum: CREDENTIAL_STATUSES })
  @MayBeAbsent()
  @IsOneOf(...CREDENTIAL_STATUSES)
  status?: CredentialStatus;
}
