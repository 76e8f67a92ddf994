import { Get, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { publicId } from '../../core/ids.js';
import { AuditLogRepository, type AuditRow } from '../../platform/audit/audit-log.repository.js';
import { AdminRead } from '../../platform/http/access.decorator.js';
import { AnswersList } from '../../platform/http/answers.decorator.js';
import { AdminController } from '../../platform/http/admin-controller.decorator.js';
import { listPage, readCursor } from '../../platform/http/list.js';
import { ListQuery } from '../../platform/http/list.dto.js';

/** An entry as the API shows it; `hash` and `prev_hash` let a reader check the chain. */
const entryView = (row: AuditRow) => ({
  object: 'audit_log_entry' as const,
  id: `aud_${row.id}`,
  at: row.at,
  actor: row.actor,
  action: row.action,
  target: { kind: row.targetKind, id: row.targetId },
  organization: row.organizationId && publicId('organization', row.organizationId),
  before_hash: row.beforeHash,
  after_hash: row.afterHash,
  detail: row.detail,
  prev_hash: row.prevHash,
  hash: row.hash,
});
import { AuditEntryResource } from './audit-log.dto.js';

@AdminController('audit-log', 'Audit log')
export class AuditLogController {
  constructor(private readonly log: AuditLogRepository) {}

  @Get()
  @AdminRead()
  @ApiOperation({ summary: 'List what admins changed, newest first' })
  @AnswersList(AuditEntryResource)
  async list(@Query() { limit, cursor }: ListQuery) {
    const rows = await this.log.list({ beforeId: readCursor(cursor, 'number'), limit: limit + 1 });
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem: entryView });
  }
}
