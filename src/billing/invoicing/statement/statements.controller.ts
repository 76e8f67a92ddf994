import { Get, Param, Query } from '@nestjs/common';
import { invalidRequest } from '../../../core/errors.js';
import { publicId } from '../../../core/ids.js';
import { AdminRead } from '../../../platform/http/access.decorator.js';
import { FinanceController } from '../../../platform/http/admin-controller.decorator.js';
import { notFound, PublicIdPipe } from '../../../platform/http/public-id.pipe.js';
import { showStatement } from './customer-statement.js';
import { StatementQuery } from './statements.dto.js';
import { StatementsRepository } from './statements.repository.js';

@FinanceController('organizations/:organization/statement', 'invoices')
export class StatementsController {
  constructor(private readonly statements: StatementsRepository) {}

  /** A customer's statement of account: invoices, credit notes and payments of a span, with the balance after each. */
  @Get()
  @AdminRead()
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
