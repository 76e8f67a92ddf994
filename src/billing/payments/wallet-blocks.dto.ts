import { ApiProperty } from '@nestjs/swagger';
import { IsText } from '../../platform/http/fields.decorator.js';
import { BLOCK_REASONS } from './claw-backs.repository.js';

/** Body of POST …/wallet/block and …/wallet/unblock. */
export class BlockWalletDto {
  @ApiProperty({ example: 'Suspicion of fraud', description: 'Stands in the audit log.' })
  @IsText({ max: 500 })
  reason!: string;
}

/** Whether an organization's keys work, as documented. */
export class WalletBlocksResource {
  @ApiProperty({ enum: ['wallet_blocks'] })
  object!: 'wallet_blocks';

  @ApiProperty({ type: String, example: 'org_0199…' })
  organization!: string;

  @ApiProperty({ type: Boolean })
  blocked!: boolean;

  @ApiProperty({
    enum: BLOCK_REASONS,
    isArray: true,
    description: 'Every reason why; empty while calls are admitted.',
  })
  reasons!: string[];
}
