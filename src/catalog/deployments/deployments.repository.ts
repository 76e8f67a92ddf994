import { Injectable } from '@nestjs/common';
import { publicId } from '../../core/ids.js';
import { AuditLogRepository, type AuditEntry } from '../../platform/audit/audit-log.repository.js';
import { Database } from '../../platform/database/database.service.js';
import type pg from 'pg';
import type { DeploymentStatus } from '../model.js';

/** A deployment as the admin API keeps it. */
export interface DeploymentRecord {
  /** UUID. */
  id: string;
  modelId: string;
  /** UUID. */
  providerId: string;
  providerSlug: string;
  upstreamModel: string;
  priority: number;
  weight: number;
  quantization: string | null;
  contextWindow: number | null;
  maxOutputTokens: number | null;
  region: string | null;
  status: DeploymentStatus;
  /** Null unless the status is `auto_disabled`. */
  outage: DeploymentOutage | null;
  createdAt: Date;
  updatedAt: Date;
}

/** Why a deployment was switched off by itself, and what its last test said; times as the database writes them. */
export interface DeploymentOutage {
  reason: string;
  disabled_at: string;
  /** Null: not tested yet. */
  tested_at: string | null;
  /** Null: not tested yet. */
  test_error: string | null;
}

/** What an update may write. */
export type DeploymentValues = Pick<
  DeploymentRecord,
  | 'upstreamModel'
  | 'priority'
  | 'weight'
  | 'quantization'
  | 'contextWindow'
  | 'maxOutputTokens'
  | 'region'
  | 'status'
>;

/** What a create writes. */
export type NewDeployment = DeploymentValues & Pick<DeploymentRecord, 'id' | 'modelId' | 'providerId'>;

/** Who changes something, and what the audit log says of it. */
export type DeploymentChange = Pick<AuditEntry, 'actor' | 'detail' | 'action'> & {
  /** The deployment as the API shows it. */
  view: (record: DeploymentRecord) => unknown;
};

const COLUMNS = `d.id, d.model_id as "modelId", d.provider_id as "providerId", p.slug as "providerSlug",
  d.upstream_model as "upstreamModel", d.priority, d.weight, d.quantization, d.context_window as "contextWindow",
  d.max_output_tokens as "maxOutputTokens", d.region, d.status,
  case d.status when 'auto_disabled' then (select to_jsonb(o) - 'deployment_id' from deployment_outage o
    where o.deployment_id = d.id) end as outage, d.created_at as "createdAt", d.updated_at as "updatedAt"`;
const FROM = 'from deployment d join provider p on p.id = d.provider_id';

/** Deployments in PostgreSQL. */
@Injectable()
export class DeploymentsRepository {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLogRepository,
  ) {}

  /** Stores a deployment and its audit entry. */
  create(values: NewDeployment, change: DeploymentChange): Promise<DeploymentRecord> {
    return this.database.transaction(async (client) => {
      await client.query(
        `insert into deployment (id, model_id, provider_id, upstream_model, priority, weight, quantization, region, status,
           context_window, max_output_tokens)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
        [
          values.id,
          values.modelId,
          values.providerId,
          values.upstreamModel,
          values.priority,
          values.weight,
          values.quantization,
          values.region,
          values.status,
          values.contextWindow,
          values.maxOutputTokens,
        ],
      );
      const created = await getRecord(client, values.id);
      await this.record(client, change, { after: created });
      return created;
    });
  }

  /** Changes a deployment under a lock of its row; null when there is none. `decide` may throw to refuse. */
  update(
    id: string,
    decide: (current: DeploymentRecord) => Partial<DeploymentValues>,
    change: DeploymentChange,
  ): Promise<DeploymentRecord | null> {
    return this.database.transaction(async (client) => {
      const before = await findRecord(client, id, 'for update of d');
      if (!before) return null;
      const values = decide(before);
      if (Object.keys(values).length === 0) return before;
      const next = { ...before, ...values };
      await client.query(
        `update deployment set upstream_model = $2, priority = $3, weight = $4, quantization = $5, region = $6,
           status = $7, context_window = $8, max_output_tokens = $9, updated_at = billing_now() where id = $1`,
        [
          id,
          next.upstreamModel,
          next.priority,
          next.weight,
          next.quantization,
          next.region,
          next.status,
          next.contextWindow,
          next.maxOutputTokens,
        ],
      );
      const after = await getRecord(client, id);
      await this.record(client, change, { before, after });
      return after;
    });
  }

  /** Null when there is none; a deleted one is still there. */
  find(id: string): Promise<DeploymentRecord | null> {
    return findRecord(this.database.pool, id);
  }

  /** The UUID of the provider with this UUID or slug; null when there is none. */
  async findProviderId(by: { id: string | null; slug: string }): Promise<string | null> {
    const [row] = await this.database.query<{ id: string }>(
      'select id from provider where id = $1::uuid or slug = $2',
      [by.id, by.slug],
    );
    return row?.id ?? null;
  }

  /** Whether a model of this id exists. */
  async hasModel(id: string): Promise<boolean> {
    return (await this.database.query('select 1 from model where id = $1', [id])).length > 0;
  }

  /** Newest first, one row more than `limit` when there are as many. */
  list(filter: {
    afterId: string | undefined;
    limit: number;
    modelId: string | undefined;
    providerId: string | undefined;
    status: DeploymentStatus | undefined;
  }): Promise<DeploymentRecord[]> {
    return this.database.query<DeploymentRecord>(
      `select ${COLUMNS} ${FROM}
       where ($1::uuid is null or d.id < $1) and ($2::text is null or d.model_id = $2)
         and ($3::uuid is null or d.provider_id = $3)
         and (case when $4::text is null then d.status <> 'deleted' else d.status = $4 end)
       order by d.id desc limit $5`,
      [
        filter.afterId ?? null,
        filter.modelId ?? null,
        filter.providerId ?? null,
        filter.status ?? null,
        filter.limit + 1,
      ],
    );
  }

  private record(
    client: pg.PoolClient,
    { view, ...entry }: DeploymentChange,
    state: { before?: DeploymentRecord; after: DeploymentRecord },
  ): Promise<void> {
    return this.audit.append(client, {
      ...entry,
      targetKind: 'deployment',
      targetId: publicId('deployment', state.after.id),
      before: state.before && view(state.before),
      after: view(state.after),
    });
  }
}

async function findRecord(
  client: pg.Pool | pg.PoolClient,
  id: string,
  lock = '',
): Promise<DeploymentRecord | null> {
  const { rows } = await client.query<DeploymentRecord>(`select ${COLUMNS} ${FROM} where d.id = $1 ${lock}`, [
    id,
  ]);
  return rows[0] ?? null;
}

async function getRecord(client: pg.PoolClient, id: string): Promise<DeploymentRecord> {
  const found = await findRecord(client, id);
  if (!found) throw new Error(`deployment ${id} was just written and is not there`);
  return found;
}
