import { Body, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { publicId, uuidv7 } from '../../core/ids.js';
import { formatNano, parseNano } from '../../core/money.js';
import { Actor, AdminAccess, type AdminActor } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersCreated, AnswersList } from '../../platform/http/answers.decorator.js';
import { OperationKey } from '../../platform/http/idempotency.interceptor.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { disputeView } from './dispute.js';
import { DisputesService } from './disputes.service.js';
import {
  CreateRefundDto,
  DisputeResource,
  RefundResource,
  ReleaseWalletDto,
  WalletReleaseResource,
} from './payments.dto.js';
import { PaymentsByHand } from './payments-by-hand.service.js';
import { refundView } from './refund.js';
import { RefundsService } from './refunds.service.js';
import { WalletReleases } from './wallet-release.service.js';

/** Money that goes back, and what finance does about it. */
@FinanceController('', 'Refunds and disputes')
export class RefundsController {
  constructor(
    private readonly byHand: PaymentsByHand,
    private readonly refunds: RefundsService,
    private readonly disputes: DisputesService,
    private readonly releases: WalletReleases,
  ) {}

  @Post('payments/:payment/refunds')
  @AdminAccess('owner', 'finance')
  @ApiOperation({ summary: 'Give a payment back; credit it bought goes, what was spent of it is owed' })
  @AnswersCreated(RefundResource)
  async create(
    @Actor() actor: AdminActor,
    @Param('payment', new PublicIdPipe('payment')) attemptId: string,
    @Body() body: CreateRefundDto,
    @OperationKey() operationKey: string | null,
  ) {
    const refund = await this.refunds.order(
      {
        attemptId,
        amountNano: body.amount === undefined ? null : parseNano(body.amount),
        reason: body.reason,
        idempotencyKey: operationKey ?? `refund:${uuidv7()}`,
        createdBy: publicId('adminKey', actor.keyId),
      },
      (client, ordered) => this.byHand.recordRefund(client, actor, ordered),
    );
    return refundView(refund);
  }

  @Get('payments/:payment/refunds')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({ summary: 'Refunds of a payment, newest first' })
  @AnswersList(RefundResource)
  async list(@Param('payment', new PublicIdPipe('payment')) attemptId: string) {
    const rows = await this.refunds.list(attemptId);
    return { object: 'list', data: rows.map(refundView), has_more: false, next_cursor: null };
  }

  @Get('payments/:payment/disputes')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({ summary: 'Disputes of a payment, newest first' })
  @AnswersList(DisputeResource)
  async listDisputes(@Param('payment', new PublicIdPipe('payment')) attemptId: string) {
    const rows = await this.disputes.list(attemptId);
    return { object: 'list', data: rows.map(disputeView), has_more: false, next_cursor: null };
  }

  @Post('organizations/:organization/wallet/release')
  @HttpCode(200)
  @AdminAccess('owner', 'finance')
  @ApiOperation({
    summary: 'Write off what refunds and lost disputes left owing, and let the keys work again',
  })
  @Answers(WalletReleaseResource)
  async release(
    @Actor() actor: AdminActor,
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Body() body: ReleaseWalletDto,
  ) {
    const released = await this.releases.release(actor, organizationId, body.reason);
    return {
      object: 'wallet_release' as const,
      organization: publicId('organization', organizationId),
      written_off: formatNano(released.writtenOffNano),
      currency: released.currency,
    };
  }
}
