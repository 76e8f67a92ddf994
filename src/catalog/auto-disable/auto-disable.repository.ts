import { Injectable } from '@nestjs/common';
import { uuidv7 } from '../../core/ids.js';
import { AuditLogRepository, type AuditEntry } from '../../platform/audit/audit-log.repository.js';
import { Database } from '../../platform/database/database.service.js';
import type { AutoDisablePolicy } from '../model.js';

/** Whose rule it is: UUIDs. */
export type RuleOwner = { providerId: string } | { deploymentId: string };

/** A rule with where it was set. */
export interface StoredRule extends AutoDisablePolicy {
  source: 'deployment' | 'provider';
}

const COLUMNS = `r.enabled, r.statuses, r.keywords, r.retest_seconds as "retestSeconds",
  case when r.deployment_id is null then 'provider' else 'deployment' end as source`;

/** What switches deployments off by themselves, in PostgreSQL. */
@Injectable()
export class AutoDisableRepository {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLogRepository,
  ) {}

  /** The rule in force: a deployment's own, else its provider's; null when there is none. */
  async find(owner: RuleOwner): Promise<StoredRule | null> {
    const [row] = await this.database.query<StoredRule>(
      `select ${COLUMNS} from auto_disable_rule r
       where r.deployment_id = $1 or r.provider_id = coalesce($2, (select provider_id from deployment where id = $1))
       order by r.deployment_id is null limit 1`,
      idsOf(owner),
    );
    return row ?? null;
  }

  /** Sets the owner's own rule, or takes it away (null). Of several at once the last one wins. */
  async put(
    owner: RuleOwner,
    policy: AutoDisablePolicy | null,
    entry: Pick<AuditEntry, 'actor' | 'targetKind' | 'targetId' | 'detail'>,
  ): Promise<void> {
    await this.database.transaction(async (client) => {
      const [deploymentId, providerId] = idsOf(owner);
      await client.query(
        deploymentId
          ? 'select 1 from deployment where id = $1 for no key update'
          : 'select 1 from provider where id = $1 for no key update',
        [deploymentId ?? providerId],
      );
      await client.query('delete from auto_disable_rule where deployment_id = $1 or provider_id = $2', [
        deploymentId,
        providerId,
      ]);
      if (policy) {
        await client.query(
          `insert into auto_disable_rule (id, deployment_id, provider_id, enabled, statuses, keywords, retest_seconds, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, billing_now())`,
          [
            uuidv7(),
            deploymentId,
            providerId,
            policy.enabled,
            policy.statuses,
            policy.keywords,
            policy.retestSeconds,
          ],
        );
      }
      await this.audit.append(client, { ...entry, action: 'auto_disable.put', after: policy });
    });
  }
}

const idsOf = (owner: RuleOwner): [deploymentId: string | null, providerId: string | null] =>
  'deploymentId' in owner ? [owner.deploymentId, null] : [null, owner.providerId];
