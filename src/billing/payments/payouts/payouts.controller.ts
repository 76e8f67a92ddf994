import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { parsePublicId } from '../../../core/ids.js';
import { FaregateError, invalidRequest } from '../../../core/errors.js';
import { AuditLogRepository } from '../../../platform/audit/audit-log.repository.js';
import { Database } from '../../../platform/database/database.service.js';
import { Actor, AdminAccess, type AdminActor } from '../../../platform/http/access.decorator.js';
import { FinanceController } from '../../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersList, AnswersWith } from '../../../platform/http/answers.decorator.js';
import { listPage, readCursor } from '../../../platform/http/list.js';
import { ListQuery } from '../../../platform/http/list.dto.js';
import { BalanceBooks } from './balance-books.service.js';
import { BalanceRepository } from './balance.repository.js';
import {
  AssignMovementDto,
  MovementResource,
  MovementsQuery,
  PayoutResource,
  SETTLEMENT,
  SettlementQuery,
  showDay,
  showMovement,
  showPayout,
} from './payouts.dto.js';

@FinanceController('', 'Payments')
export class PayoutsController {
  constructor(
    private readonly balance: BalanceRepository,
    private readonly books: BalanceBooks,
    private readonly database: Database,
    private readonly auditLog: AuditLogRepository,
  ) {}

  @Get('payouts')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({ summary: 'List what the payment provider paid out to the bank, newest first' })
  @AnswersList(PayoutResource)
  async payouts(@Query() query: ListQuery) {
    const rows = await this.balance.listPayouts({
      beforeId: readCursor(query.cursor, 'uuid'),
      limit: query.limit,
    });
    return listPage({ rows, limit: query.limit, keyOf: ({ id }) => id, toItem: showPayout });
  }

  @Get('balance-transactions')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({
    summary: 'List movements of the balance at the payment provider, newest first',
    description: 'Each with what it is of in the books.',
  })
  @AnswersList(MovementResource)
  async movements(@Query() query: MovementsQuery) {
    const rows = await this.balance.listMovements({
      open: query.status === 'open',
      payout: query.payout,
      beforeRef: readCursor(query.cursor, 'slug'),
      limit: query.limit,
    });
    return listPage({ rows, limit: query.limit, keyOf: ({ ref }) => ref, toItem: showMovement });
  }

  @Post('balance-transactions/:transaction/assign')
  @HttpCode(200)
  @AdminAccess('owner', 'finance')
  @ApiOperation({
    summary: 'Say what an open movement is, and book it',
    description: 'For movements that the books know nothing of.',
  })
  @Answers(MovementResource)
  async assign(
    @Param('transaction') ref: string,
    @Body() body: AssignMovementDto,
    @Actor() actor: AdminActor,
  ) {
    if ((body.as === 'credit') !== (body.credit !== undefined))
      throw invalidRequest('credit must be given with as: credit, and only then', 'credit');
    const creditId =
      body.credit === undefined ? undefined : (parsePublicId('credit', body.credit) ?? undefined);
    if (!(await this.balance.find(ref))) throw new FaregateError('not_found', 'There is no such movement.');
    await this.database.transaction(async (client) => {
      if (!(await this.books.book(client, ref, body.as, creditId)))
        throw new FaregateError(
          'conflict',
          'The movement is not open, or the credit is not of its amount and currency, or taken.',
        );
      const detail = { as: body.as, reason: body.reason, ...(body.credit && { credit: body.credit }) };
      const target = { targetKind: 'balance_transaction', targetId: ref };
      await this.auditLog.append(client, { actor, action: 'balance_transaction.assign', ...target, detail });
    });
    const movement = await this.balance.find(ref);
    if (!movement) throw new Error(`movement ${ref} is gone`);
    return showMovement(movement);
  }

  @Get('reports/psp-settlement')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({
    summary: 'Sum up the balance at the payment provider, day by day (UTC)',
    description: 'Payments, refunds, disputes, fees, payouts, and what it came to.',
  })
  @AnswersWith(SETTLEMENT)
  async settlement(@Query() { from, to }: SettlementQuery) {
    const [start, end] = [new Date(from), new Date(to)];
    if (start >= end) throw invalidRequest('to must lie after from', 'to');
    const days = await this.balance.listDays(start, end);
    return { object: 'psp_settlement', from, to, data: days.map(showDay) };
  }
}
