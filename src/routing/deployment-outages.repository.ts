import { Injectable } from '@nestjs/common';
import { publicId } from '../core/ids.js';
import { AuditLogRepository, systemActor } from '../platform/audit/audit-log.repository.js';
import { Database } from '../platform/database/database.service.js';

const ACTOR = systemActor('auto-disable');

/** Deployments that are switched off by their upstreams' refusals and on again by tests, in PostgreSQL. */
@Injectable()
export class DeploymentOutagesRepository {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLogRepository,
  ) {}

  /** Switches an active deployment off; false when it was not active any more. */
  switchOff(deploymentId: string, reason: string): Promise<boolean> {
    return this.move(deploymentId, { from: 'active', to: 'auto_disabled', detail: { reason } }, (query) =>
      query(
        `insert into deployment_outage (deployment_id, reason, disabled_at) values ($1, $2, billing_now())
         on conflict (deployment_id) do update
           set reason = excluded.reason, disabled_at = excluded.disabled_at, tested_at = null, test_error = null`,
        [deploymentId, reason],
      ),
    );
  }

  /** Switches one on that was switched off by itself; false when an administrator was faster. */
  switchOn(deploymentId: string): Promise<boolean> {
    const detail = { reason: 'the test call was answered' };
    return this.move(deploymentId, { from: 'auto_disabled', to: 'active', detail }, () => Promise.resolve());
  }

  /** Takes the right to test a deployment now; false when it is not time yet, or another process has it. */
  async claimTest(deploymentId: string, retestSeconds: number): Promise<boolean> {
    const claimed = await this.database.query(
      `update deployment_outage set tested_at = billing_now() where deployment_id = $1
         and coalesce(tested_at, disabled_at) <= billing_now() - make_interval(secs => $2) returning 1`,
      [deploymentId, retestSeconds],
    );
    return claimed.length > 0;
  }

  /** Notes why a test was not passed. */
  async noteFailure(deploymentId: string, error: string): Promise<void> {
    await this.database.query(
      'update deployment_outage set test_error = $2, tested_at = billing_now() where deployment_id = $1',
      [deploymentId, error],
    );
  }

  private move(
    deploymentId: string,
    { from, to, detail }: { from: string; to: string; detail: { reason: string } },
    also: (query: (text: string, values: unknown[]) => Promise<unknown>) => Promise<unknown>,
  ): Promise<boolean> {
    return this.database.transaction(async (client) => {
      const { rowCount } = await client.query(
        'update deployment set status = $3, updated_at = billing_now() where id = $1 and status = $2',
        [deploymentId, from, to],
      );
      if (rowCount === 0) return false;
      await also((text, values) => client.query(text, values));
      await this.audit.append(client, {
        actor: ACTOR,
        action: to === 'active' ? 'deployment.auto_enable' : 'deployment.auto_disable',
        targetKind: 'deployment',
        targetId: publicId('deployment', deploymentId),
        before: { status: from },
        after: { status: to },
        detail,
      });
      return true;
    });
  }
}
