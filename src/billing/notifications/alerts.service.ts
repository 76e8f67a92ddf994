import { Injectable } from '@nestjs/common';
import { publicId, uuidv7, type IdKind } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import { formatNano } from '../../core/money.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { assertExists } from '../../platform/http/assert-exists.js';
import { Database } from '../../platform/database/database.service.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { OutboxRepository } from '../outbox/outbox.repository.js';
import { alertRuleView, type AlertRule } from './alert.js';
import { AlertsRepository, type ReachedBalance, type ReachedBudget } from './alerts.repository.js';

const ID_KIND: Readonly<Record<ReachedBudget['scope'], IdKind>> = {
  organization: 'organization',
  project: 'project',
  key: 'key',
};

/** Tells customers when a balance gets low or a budget is nearly spent; once, until it is up again or the window is new. */
@Injectable()
export class AlertsService {
  constructor(
    private readonly database: Database,
    private readonly alerts: AlertsRepository,
    private readonly outbox: OutboxRepository,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /** Replaces the rule as a whole. Throws not_found. */
  async put(actor: AdminActor, rule: AlertRule): Promise<AlertRule> {
    const before = await this.alerts.find(rule.organizationId);
    return this.database.transaction(async (client) => {
      const { rows } = await client.query('select 1 from organization where id = $1', [rule.organizationId]);
      if (rows.length === 0) throw notFound('organization', publicId('organization', rule.organizationId));
      await this.alerts.put(client, rule);
      await this.auditLog.append(client, {
        actor,
        action: 'alerts.update',
        targetKind: 'organization',
        targetId: publicId('organization', rule.organizationId),
        organizationId: rule.organizationId,
        before: before && alertRuleView(before),
        after: alertRuleView(rule),
      });
      return rule;
    });
  }

  /** Empty when none was set. Throws not_found. */
  async get(organizationId: string): Promise<AlertRule> {
    const rule = await this.alerts.find(organizationId);
    if (!rule) await assertExists(this.database, 'organization', organizationId);
    return rule ?? { organizationId, balanceBelowNano: [], budgetPercent: [], emails: [] };
  }

  /** Gives every alert that is due. Returns how many. */
  async run(): Promise<number> {
    await this.alerts.forgetRecovered();
    let given = 0;
    for (const reached of await this.alerts.listBalances()) given += await this.tellBalance(reached);
    for (const reached of await this.alerts.listBudgets()) given += await this.tellBudget(reached);
    return given;
  }

  private tellBalance(reached: ReachedBalance): Promise<number> {
    const { organizationId, currency } = reached;
    return this.tell(organizationId, 'balance', String(reached.thresholdNano), {
      type: 'balance.below_threshold',
      data: {
        organization: publicId('organization', organizationId),
        available: formatNano(reached.availableNano),
        threshold: formatNano(reached.thresholdNano),
        currency,
      },
    });
  }

  private tellBudget(reached: ReachedBudget): Promise<number> {
    const { organizationId, scope, scopeId, percent, windowStart } = reached;
    const key = [scopeId, Math.floor(windowStart.getTime() / 1_000), percent].join(':');
    return this.tell(organizationId, 'budget', key, {
      type: 'budget.threshold_reached',
      data: {
        organization: publicId('organization', organizationId),
        scope,
        scope_id: publicId(ID_KIND[scope], scopeId),
        window: reached.window,
        window_start: windowStart.toISOString(),
        percent,
        budget: formatNano(reached.amountNano),
        spent: formatNano(reached.spentNano),
        currency: reached.currency,
      },
    });
  }

  private async tell(
    organizationId: string,
    kind: 'balance' | 'budget',
    key: string,
    payload: JsonObject,
  ): Promise<number> {
    return this.database.transaction(async (client) => {
      if (!(await this.alerts.give(client, organizationId, kind, key))) return 0;
      await this.outbox.add(client, {
        topic: 'event',
        dedupeKey: `alert:${uuidv7()}`,
        organizationId,
        payload,
      });
      return 1;
    });
  }
}
