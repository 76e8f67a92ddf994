import { ApiProperty } from '@nestjs/swagger';
import { KeyResource, KeyWithSecretResource } from './keys.dto.js';

const IS_MANAGEMENT_KEY = {
  type: Boolean,
  description: 'Such keys are changed by administrators only.',
} as const;

/** A key as the management API shows it. */
export class ManagedKeyResource extends KeyResource {
  @ApiProperty(IS_MANAGEMENT_KEY)
  is_management_key!: boolean;
}

/** The answer to a creation. */
export class ManagedKeyWithSecretResource extends KeyWithSecretResource {
  @ApiProperty(IS_MANAGEMENT_KEY)
  is_management_key!: boolean;
}
