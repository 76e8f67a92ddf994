import { ApiProperty } from '@nestjs/swagger';
import { CREDENTIAL_STATUSES } from '../../model.js';
import type { CredentialView } from './credential-view.js';

/** A credential without its secret, as documented; credentialView makes it. */
export class CredentialResource implements CredentialView {
  @ApiProperty({ enum: ['provider_credential'] })
  object!: 'provider_credential';

  @ApiProperty({ type: String, example: 'pcred_0199…' })
  id!: string;

  @ApiProperty({ type: String, example: 'openai', description: 'Slug of the provider.' })
  provider!: string;

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ type: 'integer' })
  weight!: number;

  @ApiProperty({ enum: CREDENTIAL_STATUSES })
  status!: CredentialView['status'];

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}
