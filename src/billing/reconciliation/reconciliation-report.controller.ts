import { Get, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { invalidRequest } from '../../core/errors.js';
import { AdminAccess } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { AnswersList, AnswersWith } from '../../platform/http/answers.decorator.js';
import { listPage, readCursor } from '../../platform/http/list.js';
import { CostDriftRepository } from './cost-drift.repository.js';
import { DRIFT_LIMIT_PPM, showDrift } from './cost-drift.js';
import { showStatement } from './statement-view.js';
import { CostDriftQuery, DRIFT, StatementResource, StatementsQuery } from './statements.dto.js';
import { StatementsRepository } from './statements.repository.js';

@FinanceController('reports', 'Reports')
export class ReconciliationReportController {
  constructor(
    private readonly statements: StatementsRepository,
    private readonly drift: CostDriftRepository,
  ) {}

  @Get('reconciliation')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({
    summary: 'List what providers stated and what was accrued for it',
    description: 'Variance, what is open, and where finance stands.',
  })
  @AnswersList(StatementResource)
  async report(@Query() query: StatementsQuery) {
    const beforeId = readCursor(query.cursor, 'uuid');
    const rows = await this.statements.list({ provider: query.provider, beforeId, limit: query.limit });
    return listPage({ rows, limit: query.limit, keyOf: ({ id }) => id, toItem: showStatement });
  }

  @Get('cost-drift')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({
    summary: "Compare what providers said each day's calls cost with what was accrued",
    description: '`over` says whether they differ by more than the limit.',
  })
  @AnswersWith(DRIFT)
  async costDrift(@Query() { from, to, limit_ppm: limit }: CostDriftQuery) {
    const [start, end] = [new Date(from), new Date(to)];
    if (start >= end) throw invalidRequest('to must lie after from', 'to');
    const limitPpm = limit === undefined ? DRIFT_LIMIT_PPM : BigInt(limit);
    const found = await this.drift.between(start, end, limitPpm);
    return { object: 'cost_drift', from, to, limit_ppm: limitPpm.toString(), data: found.map(showDrift) };
  }
}
