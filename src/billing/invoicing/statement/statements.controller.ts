import { Get, Param, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { invalidRequest } from '../../../core/errors.js';
import { publicId } from '../../../core/ids.js';
import { AdminRead } from '../../../platform/http/access.decorator.js';
import { FinanceController } from '../../../platform/http/admin-controller.decorator.js';
import { AnswersWith } from '../../../platform/http/answers.decorator.js';
import { notFound, PublicIdPipe } from '../../../platform/http/public-id.pipe.js';
import { showStatement } from './customer-statement.js';
import { STATEMENT, StatementQuery } from './statements.dto.js';
import { StatementsRepository } from './statements.repository.js';

@FinanceController('organizations/:organization/statement', 'Invoices')
export class StatementsController {
  constructor(private readonly statements: StatementsRepository) {}

  @Get()
  @AdminRead()
  @ApiOperation({
    summary: 'Get a statement of account of a customer',
    operationId: 'customerStatements_get',
    description: 'Invoices, credit notes and payments of a span, with the balance after each.',
  })
  @AnswersWith(STATEMENT)
  async get(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Query() query: StatementQuery,
  ) {
    const [from, to] = [new Date(query.from), new Date(query.to)];
    if (from >= to) throw invalidRequest('to must lie after from', 'to');
    const account = await this.statements.find(organizationId, from, to);
    if (!account) throw notFound('organization', publicId('organization', organizationId));
    return showStatement(account);
  }
}
