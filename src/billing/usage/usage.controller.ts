import { Get, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { invalidRequest } from '../../core/errors.js';
import { optionalUuid } from '../../core/ids.js';
import { AdminRead } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { AnswersList } from '../../platform/http/answers.decorator.js';
import { GROUPINGS, parseGroupings } from './usage-query.js';
import { showUsageSum, UsageSumQuery } from './usage.dto.js';
import { UsageRepository } from './usage.repository.js';
import { UsageSumResource } from './request-resources.dto.js';

const MAX_SUMS = 1_000;

@AdminController('usage', 'Usage')
export class UsageController {
  constructor(private readonly usage: UsageRepository) {}

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'Sum up usage of a span of time, exact to this moment' })
  @AnswersList(UsageSumResource)
  async sum(@Query() query: UsageSumQuery) {
    const [from, to] = [new Date(query.from), new Date(query.to)];
    if (from >= to) throw invalidRequest('to must lie after from', 'to');
    const groupBy = query.group_by === undefined ? [] : parseGroupings(query.group_by);
    if ('unknown' in groupBy) {
      throw invalidRequest(
        `group_by must be made of ${GROUPINGS.join(', ')}, not "${groupBy.unknown}"`,
        'group_by',
      );
    }
    const filter = {
      organizationId: optionalUuid('organization', query.organization),
      projectId: optionalUuid('project', query.project),
      keyId: optionalUuid('key', query.key),
      model: query.model,
      provider: query.provider,
    };
    const sums = await this.usage.sum({ from, to, groupBy, ...filter }, MAX_SUMS + 1);
    return {
      object: 'list',
      data: sums.slice(0, MAX_SUMS).map(showUsageSum),
      has_more: sums.length > MAX_SUMS,
      next_cursor: null,
    };
  }
}
