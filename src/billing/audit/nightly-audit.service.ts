import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { Database } from '../../platform/database/database.service.js';
import { OPERATOR_ALERT } from '../notifications/operator-alert.js';
import { OutboxRepository } from '../outbox/outbox.repository.js';
import { CostDriftRepository } from '../reconciliation/cost-drift.repository.js';
import { DRIFT_LIMIT_PPM, showDrift, type CostDrift } from '../reconciliation/cost-drift.js';
import { countViolations } from './audit-report.js';
import { AuditService, type CheckResult } from './audit.service.js';

/** The chain of the audit log, told as a check beside those of the books. */
const CHAIN = { id: 'A01', title: 'the audit log is one unbroken chain of what was written' };
const SAMPLE = 5;

/** What one night found. */
export interface NightlyFindings {
  results: CheckResult[];
  /** Providers that said they take something else than was accrued. */
  drifts: CostDrift[];
}

/** Checks the books, the audit log and what providers said they take, keeps what was found, and alerts the operator. */
@Injectable()
export class NightlyAudit {
  constructor(
    private readonly audit: AuditService,
    private readonly auditLog: AuditLogRepository,
    private readonly drift: CostDriftRepository,
    private readonly database: Database,
    private readonly outbox: OutboxRepository,
  ) {}

  /** Throws when the database is away; nothing is kept then. */
  async run(): Promise<NightlyFindings> {
    const { broken } = await this.auditLog.verify();
    const chain = { ...CHAIN, violations: broken.length, sample: broken.slice(0, SAMPLE) };
    const results = [...(await this.audit.run()), chain];
    const drifts = (await this.drift.ofYesterday()).filter(({ isOver }) => isOver);
    await this.database.transaction((client) => this.keep(client, { results, drifts }));
    return { results, drifts };
  }

  private async keep(client: PoolClient, { results, drifts }: NightlyFindings): Promise<void> {
    const found = results.filter(({ violations }) => violations > 0);
    const { rows } = await client.query<{ id: string }>(
      'insert into books_audit (checks, violations, found) values ($1, $2, $3::jsonb) returning id::text as id',
      [results.length, countViolations(results), JSON.stringify(found)],
    );
    const id = rows[0]?.id ?? '';
    if (found.length > 0) {
      const checks = found.map(({ id: check, title, violations, sample }) => ({
        id: check,
        title,
        violations,
        sample,
      }));
      await this.alert(client, `audit:${id}`, { type: 'books.violated', data: { checks } });
    }
    if (drifts.length > 0) {
      const data = { limit_ppm: DRIFT_LIMIT_PPM.toString(), providers: drifts.map(showDrift) };
      await this.alert(client, `drift:${id}`, { type: 'provider_cost.drifted', data });
    }
  }

  private alert(
    client: PoolClient,
    dedupeKey: string,
    payload: { type: string; data: object },
  ): Promise<void> {
    const told = JSON.parse(JSON.stringify(payload)) as Parameters<OutboxRepository['add']>[1]['payload'];
    return this.outbox.add(client, { topic: OPERATOR_ALERT, dedupeKey, organizationId: null, payload: told });
  }
}
