import { Injectable, Logger } from '@nestjs/common';
import { nanoToMinor } from '../../core/currency.js';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { publicId, uuidv7 } from '../../core/ids.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { assertExists } from '../../platform/http/assert-exists.js';
import { Database } from '../../platform/database/database.service.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { ChargingService } from '../payments/charging.service.js';
import { autoTopUpView, backOffMs, isDue, type AutoTopUp } from './auto-top-up.js';
import { TopUpsRepository } from './top-ups.repository.js';
import { TopUpsService, type OrderedTopUp } from './top-ups.service.js';

const BATCH = 100;
/** How long a rule rests whose top-up could not even be ordered. */
const FAULT_DELAY_MS = 60_000;

/** Buys credit by itself when a balance gets low: one at a time, within the month's cap, slower after a decline. */
@Injectable()
export class AutoTopUps {
  private readonly logger = new Logger(AutoTopUps.name);

  constructor(
    private readonly database: Database,
    private readonly topUps: TopUpsRepository,
    private readonly orders: TopUpsService,
    private readonly charging: ChargingService,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /** Sets the rule; it may try at once. Throws not_found and invalid_request (amount). */
  async put(
    actor: AdminActor,
    rule: Pick<AutoTopUp, 'organizationId' | 'thresholdNano' | 'amountNano' | 'monthlyCapNano' | 'enabled'>,
  ): Promise<AutoTopUp> {
    const { organizationId } = rule;
    return this.database.transaction(async (client) => {
      const wallet = await this.orders.lockWallet(client, organizationId);
      if (nanoToMinor(rule.amountNano, wallet.currency) === null) {
        throw invalidRequest(`amount must be a whole number of ${wallet.currency} minor units`, 'amount');
      }
      const before = await this.topUps.findRule(organizationId, client);
      await this.topUps.putRule(client, wallet.id, rule);
      const after = await this.topUps.findRule(organizationId, client);
      if (!after) throw new Error('an auto top-up rule vanished');
      await this.auditLog.append(client, {
        actor,
        action: 'auto_top_up.update',
        targetKind: 'organization',
        targetId: publicId('organization', organizationId),
        organizationId,
        before: before && autoTopUpView(before),
        after: autoTopUpView(after),
      });
      return after;
    });
  }

  /** Throws not_found, and says so when it is only the rule that there is none of. */
  async get(organizationId: string): Promise<AutoTopUp> {
    const rule = await this.topUps.findRule(organizationId);
    if (rule) return rule;
    await assertExists(this.database, 'organization', organizationId);
    const name = publicId('organization', organizationId);
    throw new FaregateError('not_found', `"${name}" has no automatic top-up; PUT makes one.`);
  }

  /** Buys for every wallet that is due. One for which that fails stops no other. Returns how many top-ups were ordered. */
  async run(): Promise<number> {
    const due = await this.topUps.listDue(BATCH);
    let ordered = 0;
    for (const organizationId of due) {
      try {
        const order = await this.orderOne(organizationId);
        if (!order?.attemptId) continue;
        ordered += 1;
        await this.charging.advance(order.attemptId);
      } catch (error) {
        this.logger.error(
          `auto top-up of ${publicId('organization', organizationId)}: ${(error as Error).message}`,
        );
        await this.topUps.postponeRule(organizationId, FAULT_DELAY_MS);
      }
    }
    return ordered;
  }

  /** Decides again under the wallet's lock: two workers never buy twice. */
  private async orderOne(organizationId: string): Promise<OrderedTopUp | null> {
    return this.database.transaction(async (client) => {
      const wallet = await this.orders.lockWallet(client, organizationId);
      const rule = await this.topUps.findRule(organizationId, client);
      if (!rule || !isDue(rule, await this.topUps.situation(client, wallet.id))) return null;
      try {
        return await this.orders.orderIn(client, wallet, {
          organizationId,
          amountNano: rule.amountNano,
          trigger: 'auto',
          idempotencyKey: `auto_top_up:${uuidv7()}`,
          createdBy: 'system:auto-top-up',
        });
      } catch (error) {
        if (!(error instanceof FaregateError) || error.kind !== 'billing') throw error;
        // No usable method: nothing was written, and asking again at once would not help.
        this.logger.warn(`auto top-up of ${publicId('organization', organizationId)}: ${error.message}`);
        const failures = rule.failures + 1;
        await this.topUps.noteTry(client, wallet.id, failures, backOffMs(failures));
        return null;
      }
    });
  }
}
