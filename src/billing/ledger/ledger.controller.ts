import { Get, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { optionalUuid } from '../../core/ids.js';
import { AdminAccess } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { AnswersList } from '../../platform/http/answers.decorator.js';
import { listPage, readCursor } from '../../platform/http/list.js';
import { LedgerReadsRepository } from './ledger-reads.repository.js';
import { showTransaction, TransactionResource, TransactionsQuery } from './ledger.dto.js';

@FinanceController('ledger', 'Ledger')
export class LedgerController {
  constructor(private readonly ledger: LedgerReadsRepository) {}

  @Get('transactions')
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({ summary: 'List transactions of the ledger with their entries, newest first' })
  @AnswersList(TransactionResource)
  async list(@Query() query: TransactionsQuery) {
    const { organization, kind, from, to, limit } = query;
    const rows = await this.ledger.list({
      organizationId: optionalUuid('organization', organization),
      kind,
      from: from === undefined ? undefined : new Date(from),
      to: to === undefined ? undefined : new Date(to),
      beforeId: readCursor(query.cursor, 'uuid'),
      limit: limit + 1,
    });
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem: showTransaction });
  }
}
