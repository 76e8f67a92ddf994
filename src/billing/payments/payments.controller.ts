import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { parsePublicId } from '../../core/ids.js';
import { Actor, AdminAccess, type AdminActor } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersList } from '../../platform/http/answers.decorator.js';
import { NoFields } from '../../platform/http/list.dto.js';
import { listPage, readCursor } from '../../platform/http/list.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { paymentView } from './payment-attempt.js';
import { ListPaymentsQuery, MarkPaidDto, PaymentResource } from './payments.dto.js';
import { PaymentsByHand } from './payments-by-hand.service.js';
import { PaymentsService } from './payments.service.js';

@FinanceController('payments', 'Payments')
export class PaymentsController {
  constructor(
    private readonly payments: PaymentsService,
    private readonly byHand: PaymentsByHand,
  ) {}

  @Get()
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({ summary: 'List payments, newest first' })
  @AnswersList(PaymentResource)
  async list(@Query() query: ListPaymentsQuery) {
    const rows = await this.payments.list({
      organizationId:
        query.organization === undefined ? null : parsePublicId('organization', query.organization),
      purposeId: null,
      beforeId: readCursor(query.cursor, 'uuid'),
      limit: query.limit + 1,
    });
    return listPage({ rows, limit: query.limit, keyOf: ({ id }) => id, toItem: paymentView });
  }

  @Get(':payment')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({ summary: 'Get a payment' })
  @Answers(PaymentResource)
  async get(@Param('payment', new PublicIdPipe('payment')) id: string) {
    return paymentView(await this.payments.get(id));
  }

  @Post(':payment/mark-paid')
  @HttpCode(200)
  @AdminAccess('owner', 'finance')
  @ApiOperation({ summary: 'Say that a bank transfer has arrived' })
  @Answers(PaymentResource)
  async markPaid(
    @Actor() actor: AdminActor,
    @Param('payment', new PublicIdPipe('payment')) id: string,
    @Body() body: MarkPaidDto,
  ) {
    return paymentView(await this.byHand.markPaid(actor, id, body.reference));
  }

  @Post(':payment/cancel')
  @HttpCode(200)
  @AdminAccess('owner', 'finance')
  @ApiOperation({ summary: 'End a payment whose money has not come' })
  @Answers(PaymentResource)
  async cancel(
    @Actor() actor: AdminActor,
    @Param('payment', new PublicIdPipe('payment')) id: string,
    @Body() _body: NoFields,
  ) {
    return paymentView(await this.byHand.cancel(actor, id));
  }

  @Post(':payment/refresh')
  @HttpCode(200)
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'Ask the provider where a payment stands' })
  @Answers(PaymentResource)
  async refresh(
    @Actor() actor: AdminActor,
    @Param('payment', new PublicIdPipe('payment')) id: string,
    @Body() _body: NoFields,
  ) {
    return paymentView(await this.byHand.refresh(actor, id));
  }
}
