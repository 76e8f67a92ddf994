import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Actor, AdminAccess, AdminRead, type AdminActor } from '../../../platform/http/access.decorator.js';
import { FinanceController } from '../../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersList } from '../../../platform/http/answers.decorator.js';
import { ListQuery } from '../../../platform/http/list.dto.js';
import { listPage, readCursor } from '../../../platform/http/list.js';
import { PublicIdPipe } from '../../../platform/http/public-id.pipe.js';
import { showPeriod } from './period.js';
import { ClosePeriodDto, PeriodResource } from './periods.dto.js';
import { PeriodsService } from './periods.service.js';

@FinanceController('organizations/:organization/periods', 'Billing periods')
export class PeriodsController {
  constructor(private readonly periods: PeriodsService) {}

  @Get()
  @AdminRead()
  @ApiOperation({
    summary: 'List billing periods, newest first',
    description: 'One begins with the first usage in it.',
  })
  @AnswersList(PeriodResource)
  async list(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Query() query: ListQuery,
  ) {
    const cursor = readCursor(query.cursor, 'uuid');
    const rows = await this.periods.list(organizationId, query.limit + 1, cursor);
    return listPage({ rows, limit: query.limit, keyOf: ({ id }) => id, toItem: showPeriod });
  }

  @Post(':period/close')
  @HttpCode(200)
  @AdminAccess('owner', 'admin', 'finance')
  @ApiOperation({
    summary: 'Close a period: its usage is posted and its invoice or statement drafted',
    description: 'Repeating it changes nothing.',
  })
  @Answers(PeriodResource)
  async close(
    @Param('organization', new PublicIdPipe('organization')) organizationId: string,
    @Param('period', new PublicIdPipe('period')) periodId: string,
    @Body() body: ClosePeriodDto,
    @Actor() actor: AdminActor,
  ) {
    return showPeriod(
      await this.periods.close(organizationId, periodId, { early: body.early ?? false, actor }),
    );
  }
}
