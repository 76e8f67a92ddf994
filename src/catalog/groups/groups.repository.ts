import { Injectable } from '@nestjs/common';
import type pg from 'pg';
import { publicId } from '../../core/ids.js';
import { AuditLogRepository, type AuditEntry } from '../../platform/audit/audit-log.repository.js';
import { Database } from '../../platform/database/database.service.js';

/** A group as the admin API keeps it. */
export interface GroupRecord {
  /** UUID. */
  id: string;
  name: string;
  description: string;
  /** Parts per million of every list price. */
  multiplierPpm: bigint;
  /** UUIDs; null: every deployment. */
  deploymentIds: string[] | null;
  createdAt: Date;
  updatedAt: Date;
}

/** What a create or an update writes. */
export type GroupValues = Omit<GroupRecord, 'id' | 'createdAt' | 'updatedAt'>;

/** Who changes something, and what the audit log says of it. */
export type GroupChange = Pick<AuditEntry, 'actor' | 'action'> & {
  /** The group as the API shows it. */
  view: (record: GroupRecord) => unknown;
};

const COLUMNS = `id, name, description, multiplier_ppm as "multiplierPpm", deployment_ids as "deploymentIds",
  created_at as "createdAt", updated_at as "updatedAt"`;

type GroupRow = Omit<GroupRecord, 'multiplierPpm'> & { multiplierPpm: string };

/** Groups in PostgreSQL, which makes the multiplied prices itself. */
@Injectable()
export class GroupsRepository {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLogRepository,
  ) {}

  /** Stores a group and its audit entry. Fails on a name that is taken. */
  create(id: string, values: GroupValues, change: GroupChange): Promise<GroupRecord> {
    return this.database.transaction(async (client) => {
      await client.query(
        `insert into key_group (id, name, description, multiplier_ppm, deployment_ids) values ($1, $2, $3, $4, $5)`,
        [id, values.name, values.description, String(values.multiplierPpm), values.deploymentIds],
      );
      const after = await getRecord(client, id);
      await this.record(client, change, { id, after });
      return after;
    });
  }

  /** Changes a group under a lock of its row; null when there is none. */
  update(id: string, values: Partial<GroupValues>, change: GroupChange): Promise<GroupRecord | null> {
    return this.database.transaction(async (client) => {
      const before = await findRecord(client, id, 'for update');
      if (!before) return null;
      const next = { ...before, ...values };
      await client.query(
        `update key_group set name = $2, description = $3, multiplier_ppm = $4, deployment_ids = $5,
           updated_at = billing_now() where id = $1`,
        [id, next.name, next.description, String(next.multiplierPpm), next.deploymentIds],
      );
      const after = await getRecord(client, id);
      await this.record(client, change, { id, before, after });
      return after;
    });
  }

  /** Fails while a key belongs to it, revoked ones included: what they paid has to stay explicable. */
  remove(id: string, change: GroupChange): Promise<GroupRecord | null> {
    return this.database.transaction(async (client) => {
      const before = await findRecord(client, id, 'for update');
      if (!before) return null;
      await client.query('delete from key_group where id = $1', [id]);
      await this.record(client, change, { id, before });
      return before;
    });
  }

  /** Null when there is none. */
  find(id: string): Promise<GroupRecord | null> {
    return findRecord(this.database.pool, id);
  }

  /** Newest first, one row more than `limit` when there are as many. */
  async list({ afterId, limit }: { afterId: string | undefined; limit: number }): Promise<GroupRecord[]> {
    const rows = await this.database.query<GroupRow>(
      `select ${COLUMNS} from key_group where ($1::uuid is null or id < $1) order by id desc limit $2`,
      [afterId ?? null, limit + 1],
    );
    return rows.map(toDomain);
  }

  /** Those of these UUIDs that are deployments. */
  async knownDeployments(ids: readonly string[]): Promise<Set<string>> {
    const sql = `select id from deployment where id = any ($1::uuid[]) and status <> 'deleted'`;
    const rows = await this.database.query<{ id: string }>(sql, [ids]);
    return new Set(rows.map(({ id }) => id));
  }

  private record(
    client: pg.PoolClient,
    { view, ...entry }: GroupChange,
    { id, before, after }: { id: string; before?: GroupRecord; after?: GroupRecord },
  ): Promise<void> {
    return this.audit.append(client, {
      ...entry,
      targetKind: 'group',
      targetId: publicId('group', id),
      before: before && view(before),
      after: after && view(after),
    });
  }
}

async function findRecord(
  client: pg.Pool | pg.PoolClient,
  id: string,
  lock = '',
): Promise<GroupRecord | null> {
  const { rows } = await client.query<GroupRow>(`select ${COLUMNS} from key_group where id = $1 ${lock}`, [
    id,
  ]);
  return rows[0] ? toDomain(rows[0]) : null;
}

async function getRecord(client: pg.PoolClient, id: string): Promise<GroupRecord> {
  const found = await findRecord(client, id);
  if (!found) throw new Error(`group ${id} was just written and is not there`);
  return found;
}

const toDomain = (row: GroupRow): GroupRecord => ({ ...row, multiplierPpm: BigInt(row.multiplierPpm) });
