import { Get, Param, Query } from '@nestjs/common';
import { parsePublicId, publicId, type IdKind } from '../../core/ids.js';
import { AdminRead } from '../../platform/http/access.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { listPage, readCursor } from '../../platform/http/list.js';
import { notFound, PublicIdPipe } from '../../platform/http/public-id.pipe.js';
import { showRequest, showRequestDetail } from './request-record.js';
import { RequestListQuery } from './requests.dto.js';
import { RequestsRepository } from './requests.repository.js';

@AdminController('requests', 'usage')
export class RequestsController {
  constructor(private readonly requests: RequestsRepository) {}

  /** Calls, newest first; those still running are shown from what was set aside for them. */
  @Get()
  @AdminRead()
  async list(@Query() query: RequestListQuery) {
    const rows = await this.requests.list({
      organizationId: uuid('organization', query.organization),
      keyId: uuid('key', query.key),
      model: query.model,
      status: query.status,
      from: query.from === undefined ? undefined : new Date(query.from),
      to: query.to === undefined ? undefined : new Date(query.to),
      beforeId: readCursor(query.cursor, 'uuid'),
      limit: query.limit + 1,
    });
    return listPage({ rows, limit: query.limit, keyOf: (row) => row.id, toItem: showRequest });
  }

  /** One call: its attempts, and how its charge comes about, line by line. */
  @Get(':request')
  @AdminRead()
  async get(@Param('request', new PublicIdPipe('request')) id: string) {
    const found = await this.requests.find(id);
    if (!found) throw notFound('request', publicId('request', id));
    return showRequestDetail(found);
  }
}

const uuid = (kind: IdKind, id: string | undefined): string | undefined =>
  id === undefined ? undefined : (parsePublicId(kind, id) ?? undefined);
