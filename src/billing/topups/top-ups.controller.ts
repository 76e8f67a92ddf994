import { Body, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { FaregateError } from '../../core/errors.js';
import { publicId, uuidv7 } from '../../core/ids.js';
import { parseNano } from '../../core/money.js';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersCreated, AnswersList } from '../../platform/http/answers.decorator.js';
import { OperationKey } from '../../platform/http/idempotency.interceptor.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import { listPage, readCursor } from '../../platform/http/list.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { autoTopUpView } from './auto-top-up.js';
import { AutoTopUps } from './auto-top-ups.service.js';
import { TopUpPayments } from './top-up-payments.service.js';
import { AutoTopUpResource, CreateTopUpDto, PutAutoTopUpDto, TopUpResource } from './top-ups.dto.js';
import { TopUpsService } from './top-ups.service.js';

@AdminController('organizations/:organization', 'Top-ups')
export class TopUpsController {
  constructor(
    private readonly topUps: TopUpsService,
    private readonly payments: TopUpPayments,
    private readonly autoTopUps: AutoTopUps,
  ) {}

  @Post('top-ups')
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({
    summary: 'Buy credit with the default payment method; the credit is there once it has paid',
  })
  @AnswersCreated(TopUpResource)
  async create(
    @Actor() actor: AdminActor,
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Body() body: CreateTopUpDto,
    @OperationKey() operationKey: string | null,
  ) {
    const ordered = await this.topUps.order(
      {
        organizationId,
        amountNano: parseNano(body.amount),
        trigger: 'manual',
        creditExpiresAt: body.credit_expires_at ? new Date(body.credit_expires_at) : undefined,
        idempotencyKey: operationKey ?? `top_up:${uuidv7()}`,
        createdBy: publicId('adminKey', actor.keyId),
      },
      actor,
    );
    const view = await this.payments.collect(ordered);
    if (view.payment_status !== 'failed') return view;
    throw new FaregateError('billing', view.failure_message ?? 'The payment failed.', {
      code: view.decline_code ?? 'card_declined',
      shouldRetry: false,
    });
  }

  @Get('top-ups')
  @AdminRead()
  @ApiOperation({ summary: 'List top-ups, newest first' })
  @AnswersList(TopUpResource)
  async list(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Query() query: ListQuery,
  ) {
    const rows = await this.topUps.list(organizationId, query.limit + 1, readCursor(query.cursor, 'uuid'));
    const shown = await this.payments.showAll(rows);
    return listPage({ rows: shown, limit: query.limit, keyOf: ({ key }) => key, toItem: ({ view }) => view });
  }

  @Get('top-ups/:topUp')
  @AdminRead()
  @ApiOperation({ summary: 'Get a top-up' })
  @Answers(TopUpResource)
  async get(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Param('topUp', new PublicIdPipe('topUp')) id: string,
  ) {
    return this.payments.show(await this.topUps.get(organizationId, id));
  }

  @Put('auto-top-up')
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'Buy credit by itself when the balance gets low' })
  @Answers(AutoTopUpResource)
  async putRule(
    @Actor() actor: AdminActor,
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Body() body: PutAutoTopUpDto,
  ) {
    const rule = await this.autoTopUps.put(actor, {
      organizationId,
      thresholdNano: parseNano(body.threshold),
      amountNano: parseNano(body.amount),
      monthlyCapNano: body.monthly_cap ? parseNano(body.monthly_cap) : null,
      enabled: body.enabled,
    });
    return autoTopUpView(rule);
  }

  @Get('auto-top-up')
  @AdminRead()
  @ApiOperation({ summary: 'The rule of automatic top-ups' })
  @Answers(AutoTopUpResource)
  async getRule(@Param('organization', new PublicIdPipe('organization')) organizationId: string) {
    return autoTopUpView(await this.autoTopUps.get(organizationId));
  }
}
