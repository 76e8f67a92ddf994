import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { publicId, uuidv7 } from '../../core/ids.js';
import { parseNano } from '../../core/money.js';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersCreated, AnswersList } from '../../platform/http/answers.decorator.js';
import { OperationKey } from '../../platform/http/idempotency.interceptor.js';
import { ListQuery } from '../../platform/http/list.dto.js';
import { listPage, readCursor } from '../../platform/http/list.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { CreditRevocation } from './credit-revocation.service.js';
import { CreateCreditDto, RevokeCreditDto, showCredit } from './credits.dto.js';
import { CreditsService } from './credits.service.js';
import { CreditResource } from './credit-resource.dto.js';

@AdminController('organizations/:organization/credits', 'Credits')
export class CreditsController {
  constructor(
    private readonly credits: CreditsService,
    private readonly revocation: CreditRevocation,
  ) {}

  @Post()
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({ summary: 'Give an organization credit' })
  @AnswersCreated(CreditResource)
  async create(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Body() body: CreateCreditDto,
    @Actor() actor: AdminActor,
    @OperationKey() operationKey: string | null,
  ) {
    const grant = await this.credits.grant(
      {
        organizationId,
        kind: body.kind,
        amountNano: parseNano(body.amount),
        currency: body.currency,
        reason: body.reason,
        expiresAt: body.expires_at ? new Date(body.expires_at) : undefined,
        taxPoint: body.tax_point,
        idempotencyKey: operationKey ?? `credit:${uuidv7()}`,
        createdBy: publicId('adminKey', actor.keyId),
      },
      actor,
    );
    return showCredit(grant);
  }

  @Post(':credit/revoke')
  @HttpCode(200)
  @AdminAccess('owner', 'finance')
  @ApiOperation({
    summary: 'Take back what is unspent of promo or goodwill credit',
    description: 'What open calls hold of it stays.',
  })
  @Answers(CreditResource)
  async revoke(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Param('credit', new PublicIdPipe('credit')) creditId: string,
    @Body() body: RevokeCreditDto,
    @Actor() actor: AdminActor,
  ) {
    return showCredit(await this.revocation.revoke({ organizationId, creditId, reason: body.reason }, actor));
  }

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'List credit grants with what is left of each, newest first' })
  @AnswersList(CreditResource)
  async list(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Query() query: ListQuery,
  ) {
    const rows = await this.credits.list(organizationId, query.limit + 1, readCursor(query.cursor, 'uuid'));
    return listPage({ rows, limit: query.limit, keyOf: (grant) => grant.id, toItem: showCredit });
  }
}
