import { Injectable } from '@nestjs/common';
import type pg from 'pg';
import { publicId } from '../../../core/ids.js';
import { AuditLogRepository, type AuditEntry } from '../../../platform/audit/audit-log.repository.js';
import { Database } from '../../../platform/database/database.service.js';
import type { CredentialStatus } from '../../model.js';

/** A credential as the admin API keeps it, without its secret. */
export interface CredentialRecord {
  /** UUID. */
  id: string;
  /** UUID. */
  providerId: string;
  providerSlug: string;
  name: string;
  weight: number;
  status: CredentialStatus;
  createdAt: Date;
  updatedAt: Date;
}

/** What an update may write. */
export type CredentialValues = Pick<CredentialRecord, 'name' | 'weight' | 'status'>;

/** What a create writes; `ciphertext` is sealed to the row. */
export type NewCredential = CredentialValues &
  Pick<CredentialRecord, 'id' | 'providerId'> & { ciphertext: Buffer };

/** Who changes something, and what the audit log says of it. */
export type CredentialChange = Pick<AuditEntry, 'actor' | 'action' | 'detail'> & {
  /** The credential as the API shows it. */
  view: (record: CredentialRecord) => unknown;
};

const COLUMNS = `c.id, c.provider_id as "providerId", p.slug as "providerSlug", c.name, c.weight, c.status,
  c.created_at as "createdAt", c.updated_at as "updatedAt"`;
const FROM = 'from provider_credential c join provider p on p.id = c.provider_id';

/** Credentials of providers in PostgreSQL. Their secrets are written here and read by the catalogue's snapshot alone. */
@Injectable()
export class CredentialsRepository {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLogRepository,
  ) {}

  /** Stores a credential and its audit entry. Fails on a name that the provider has already. */
  create(values: NewCredential, change: CredentialChange): Promise<CredentialRecord> {
    return this.database.transaction(async (client) => {
      const { id, providerId, name, ciphertext, weight, status } = values;
      await client.query(
        `insert into provider_credential (id, provider_id, name, ciphertext, weight, status) values ($1, $2, $3, $4, $5, $6)`,
        [id, providerId, name, ciphertext, weight, status],
      );
      const created = await getRecord(client, id);
      await this.record(client, change, { after: created });
      return created;
    });
  }

  /** Changes a credential under a lock of its row; null when there is none. A deleted one loses its secret. */
  update(
    { providerId, id }: { providerId: string; id: string },
    decide: (current: CredentialRecord) => Partial<CredentialValues>,
    change: CredentialChange,
  ): Promise<CredentialRecord | null> {
    return this.database.transaction(async (client) => {
      const before = await findRecord(client, id, 'for update of c');
      if (before?.providerId !== providerId) return null;
      const values = decide(before);
      if (Object.keys(values).length === 0) return before;
      const { name, weight, status } = { ...before, ...values };
      await client.query(
        `update provider_credential set name = $2, weight = $3, status = $4, updated_at = billing_now(),
           ciphertext = case when $4 = 'deleted' then null else ciphertext end where id = $1`,
        [id, name, weight, status],
      );
      const after = await getRecord(client, id);
      await this.record(client, change, { before, after });
      return after;
    });
  }

  /** Null when there is none of this id; a deleted one is still there. */
  find(id: string): Promise<CredentialRecord | null> {
    return findRecord(this.database.pool, id);
  }

  /** Newest first, one row more than `limit` when there are as many. */
  list(filter: {
    providerId: string;
    afterId: string | undefined;
    limit: number;
    status: CredentialStatus | undefined;
  }): Promise<CredentialRecord[]> {
    return this.database.query<CredentialRecord>(
      `select ${COLUMNS} ${FROM}
       where c.provider_id = $1 and ($2::uuid is null or c.id < $2)
         and (case when $3::text is null then c.status <> 'deleted' else c.status = $3 end)
       order by c.id desc limit $4`,
      [filter.providerId, filter.afterId ?? null, filter.status ?? null, filter.limit + 1],
    );
  }

  private record(
    client: pg.PoolClient,
    { view, ...entry }: CredentialChange,
    state: { before?: CredentialRecord; after: CredentialRecord },
  ): Promise<void> {
    return this.audit.append(client, {
      ...entry,
      targetKind: 'provider_credential',
      targetId: publicId('providerCredential', state.after.id),
      before: state.before && view(state.before),
      after: view(state.after),
    });
  }
}

async function findRecord(
  client: pg.Pool | pg.PoolClient,
  id: string,
  lock = '',
): Promise<CredentialRecord | null> {
  const { rows } = await client.query<CredentialRecord>(`select ${COLUMNS} ${FROM} where c.id = $1 ${lock}`, [
    id,
  ]);
  return rows[0] ?? null;
}

async function getRecord(client: pg.PoolClient, id: string): Promise<CredentialRecord> {
  const found = await findRecord(client, id);
  if (!found) throw new Error(`credential ${id} was just written and is not there`);
  return found;
}
