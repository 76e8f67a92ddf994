import { Get, Param, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { optionalUuid, publicId } from '../../core/ids.js';
import { AdminRead } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { Answers, AnswersList } from '../../platform/http/answers.decorator.js';
import { listPage, readCursor } from '../../platform/http/list.js';
import { notFound, PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { showRequest, showRequestDetail } from './request-record.js';
import { RequestListQuery } from './requests.dto.js';
import { RequestsRepository } from './requests.repository.js';
import { RequestDetailResource, RequestResource } from './request-resources.dto.js';

@AdminController('requests', 'Usage')
export class RequestsController {
  constructor(private readonly requests: RequestsRepository) {}

  @Get()
  @AdminRead()
  @ApiOperation({
    summary: 'List calls, newest first',
    description: 'Those still running are shown from what was set aside for them.',
  })
  @AnswersList(RequestResource)
  async list(@Query() query: RequestListQuery) {
    const rows = await this.requests.list({
      organizationId: optionalUuid('organization', query.organization),
      keyId: optionalUuid('key', query.key),
      model: query.model,
      status: query.status,
      from: query.from === undefined ? undefined : new Date(query.from),
      to: query.to === undefined ? undefined : new Date(query.to),
      beforeId: readCursor(query.cursor, 'uuid'),
      limit: query.limit + 1,
    });
    return listPage({ rows, limit: query.limit, keyOf: (row) => row.id, toItem: showRequest });
  }

  @Get(':request')
  @AdminRead()
  @ApiOperation({ summary: 'Get a call: its attempts, and how its charge comes about' })
  @Answers(RequestDetailResource)
  async get(@Param('request', new PublicIdPipe('request')) id: string) {
    const found = await this.requests.find(id);
    if (!found) throw notFound('request', publicId('request', id));
    return showRequestDetail(found);
  }
}
