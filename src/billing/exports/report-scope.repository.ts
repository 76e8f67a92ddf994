import { Injectable } from '@nestjs/common';
import { parsePublicId, type IdKind } from '../../core/ids.js';
import { Database } from '../../platform/database/database.service.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import type { ReportFields } from './report-order.js';

/** Whether each id names something, and the project and the key something of the organization and project given. */
const EXISTING = `select
  $1::uuid is null or exists (select 1 from organization where id = $1) as organization,
  $2::uuid is null or exists (select 1 from legal_entity where id = $2) as legal_entity,
  $3::uuid is null or exists (select 1 from project where id = $3 and ($1::uuid is null or organization_id = $1)) as project,
  $4::uuid is null or exists (select 1 from api_key where id = $4 and ($1::uuid is null or organization_id = $1)
    and ($3::uuid is null or project_id = $3)) as key`;

const KINDS = {
  organization: 'organization',
  legal_entity: 'legalEntity',
  project: 'project',
  key: 'key',
} as const satisfies Partial<Record<keyof ReportFields, IdKind>>;

/** What a report may be narrowed to. */
@Injectable()
export class ReportScope {
  constructor(private readonly database: Database) {}

  /** Throws not_found that names the field for an id of nothing, or of another customer than the one given beside it. */
  async check(fields: ReportFields): Promise<void> {
    const names = Object.keys(KINDS) as (keyof typeof KINDS)[];
    if (names.every((name) => fields[name] === undefined)) return;
    const ids = names.map((name) => {
      const id = fields[name];
      return id === undefined ? null : parsePublicId(KINDS[name], id);
    });
    const [row] = await this.database.query<Record<keyof typeof KINDS, boolean>>(EXISTING, ids);
    for (const name of names) {
      if (row?.[name] !== true) throw notFound(KINDS[name], fields[name] ?? '', name);
    }
  }
}
