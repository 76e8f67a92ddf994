import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { optionalUuid } from '../../core/ids.js';
import { parseNano } from '../../core/money.js';
import { Actor, AdminAccess, type AdminActor } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersCreated, AnswersList } from '../../platform/http/answers.decorator.js';
import { listPage, readCursor } from '../../platform/http/list.js';
import { PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { ReconciliationService } from './reconciliation.service.js';
import { showResult, showStatement } from './statement-view.js';
import {
  AcceptStatementDto,
  PayStatementDto,
  ReconcileDto,
  ResultResource,
  ResultsQuery,
  StatementResource,
  StatementsQuery,
} from './statements.dto.js';
import { StatementsRepository } from './statements.repository.js';

const StatementId = () => Param('statement', new PublicIdPipe('providerStatement'));

@FinanceController('provider-statements', 'Reconciliation')
export class StatementsController {
  constructor(
    private readonly reconciliation: ReconciliationService,
    private readonly statements: StatementsRepository,
  ) {}

  @Post()
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({
    summary: "Compare a provider's statement with the books, and keep what was found",
    description: 'The same file again answers the same.',
  })
  @AnswersCreated(StatementResource)
  async reconcile(@Body() body: ReconcileDto, @Actor() actor: AdminActor) {
    const { statement } = await this.reconciliation.reconcile(actor, {
      provider: body.provider,
      format: body.format,
      text: body.content,
      tolerance: {
        ...(body.tolerance_ppm === undefined ? {} : { ppm: BigInt(body.tolerance_ppm) }),
        ...(body.tolerance === undefined ? {} : { costNano: parseNano(body.tolerance) }),
      },
    });
    return showStatement(statement);
  }

  @Get()
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({ summary: 'List statements of providers, newest first' })
  @AnswersList(StatementResource)
  async list(@Query() query: StatementsQuery) {
    const beforeId = readCursor(query.cursor, 'uuid');
    const rows = await this.statements.list({ provider: query.provider, beforeId, limit: query.limit });
    return listPage({ rows, limit: query.limit, keyOf: ({ id }) => id, toItem: showStatement });
  }

  @Get(':statement')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({ summary: 'Get a statement of a provider' })
  @Answers(StatementResource)
  async get(@StatementId() id: string) {
    return showStatement(await this.reconciliation.get(id));
  }

  @Get(':statement/results')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({
    summary: 'List what was compared, day by day and call by call',
    description: '`status=open` lists what nothing explains.',
  })
  @AnswersList(ResultResource)
  async results(@StatementId() id: string, @Query() query: ResultsQuery) {
    await this.reconciliation.get(id);
    const filter = { status: query.status, afterSeq: readCursor(query.cursor, 'number'), limit: query.limit };
    const rows = await this.statements.listResults(id, filter);
    return listPage({ rows, limit: query.limit, keyOf: ({ seq }) => `${seq}`, toItem: showResult });
  }

  @Post(':statement/accept')
  @HttpCode(200)
  @AdminAccess('owner', 'finance')
  @ApiOperation({
    summary: "Take a provider's cost over into the books",
    description: 'The difference to what was accrued goes to the account `provider_variance`.',
  })
  @Answers(StatementResource)
  async accept(@StatementId() id: string, @Body() body: AcceptStatementDto, @Actor() actor: AdminActor) {
    const legalEntityId = optionalUuid('legalEntity', body.legal_entity);
    return showStatement(await this.reconciliation.accept(actor, id, { reason: body.reason, legalEntityId }));
  }

  @Post(':statement/pay')
  @HttpCode(200)
  @AdminAccess('owner', 'finance')
  @ApiOperation({ summary: 'Book that an accepted statement was paid from the bank' })
  @Answers(StatementResource)
  async pay(@StatementId() id: string, @Body() body: PayStatementDto, @Actor() actor: AdminActor) {
    return showStatement(await this.reconciliation.pay(actor, id, body.reference));
  }
}
