import { Get, Query } from '@nestjs/common';
import { AdminAccess } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { AnswersList } from '../../platform/http/answers.decorator.js';
import { listPage, readCursor } from '../../platform/http/list.js';
import { showStatement } from './statement-view.js';
import { StatementResource, StatementsQuery } from './statements.dto.js';
import { StatementsRepository } from './statements.repository.js';

@FinanceController('reports/reconciliation', 'reports')
export class ReconciliationReportController {
  constructor(private readonly statements: StatementsRepository) {}

  /** What providers stated and what was accrued for it: variance, what is open, and where finance stands. */
  @Get()
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @AnswersList(StatementResource)
  async report(@Query() query: StatementsQuery) {
    const beforeId = readCursor(query.cursor, 'uuid');
    const rows = await this.statements.list({ provider: query.provider, beforeId, limit: query.limit });
    return listPage({ rows, limit: query.limit, keyOf: ({ id }) => id, toItem: showStatement });
  }
}
