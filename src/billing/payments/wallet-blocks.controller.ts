import { Body, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { publicId } from '../../core/ids.js';
import { Actor, AdminAccess, type AdminActor } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { Answers } from '../../platform/http/answers.decorator.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { BlockWalletDto, WalletBlocksResource } from './wallet-blocks.dto.js';
import { WalletBlocking, type WalletBlocks } from './wallet-blocks.service.js';

@FinanceController('organizations/:organization/wallet', 'Payments')
export class WalletBlocksController {
  constructor(private readonly blocking: WalletBlocking) {}

  @Post('block')
  @HttpCode(200)
  @AdminAccess('owner', 'finance')
  @ApiOperation({ summary: 'Stop the keys of an organization' })
  @Answers(WalletBlocksResource)
  async block(
    @Actor() actor: AdminActor,
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Body() body: BlockWalletDto,
  ) {
    return walletBlocksView(await this.blocking.block(actor, organizationId, body.reason));
  }

  @Post('unblock')
  @HttpCode(200)
  @AdminAccess('owner', 'finance')
  @ApiOperation({ summary: 'Lift a block that was set by hand' })
  @Answers(WalletBlocksResource)
  async unblock(
    @Actor() actor: AdminActor,
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Body() body: BlockWalletDto,
  ) {
    return walletBlocksView(await this.blocking.unblock(actor, organizationId, body.reason));
  }
}

const walletBlocksView = ({ organizationId, reasons }: WalletBlocks) => ({
  object: 'wallet_blocks' as const,
  organization: publicId('organization', organizationId),
  blocked: reasons.length > 0,
  reasons,
});
