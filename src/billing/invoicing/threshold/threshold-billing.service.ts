import { Injectable, Logger } from '@nestjs/common';
import { publicId } from '../../../core/ids.js';
import { formatNano } from '../../../core/money.js';
import { AuditLogRepository } from '../../../platform/audit/audit-log.repository.js';
import { Database } from '../../../platform/database/database.service.js';
import type { AdminActor } from '../../../platform/http/access.decorator.js';
import { notFound } from '../../../platform/http/public-id.pipe.js';
import { PeriodsService } from '../periods/periods.service.js';
import { ThresholdBillingRepository, type BillingThreshold } from './threshold-billing.repository.js';

const BATCH = 100;

/** Bills customers on credit as soon as they have used so much, instead of waiting for the month to end. */
@Injectable()
export class ThresholdBilling {
  private readonly logger = new Logger(ThresholdBilling.name);

  constructor(
    private readonly database: Database,
    private readonly thresholds: ThresholdBillingRepository,
    private readonly periods: PeriodsService,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /** Throws not_found. */
  async get(organizationId: string): Promise<BillingThreshold> {
    const threshold = await this.thresholds.find(organizationId);
    if (!threshold) throw notFound('organization', publicId('organization', organizationId));
    return threshold;
  }

  /** Sets the threshold; null: bills are written when the period ends. Throws not_found. */
  async put(actor: AdminActor, organizationId: string, amountNano: bigint | null): Promise<BillingThreshold> {
    const before = await this.get(organizationId);
    const after = { ...before, amountNano };
    await this.database.transaction(async (client) => {
      await this.thresholds.put(client, after);
      await this.auditLog.append(client, {
        actor,
        action: 'billing_threshold.update',
        targetKind: 'organization',
        targetId: publicId('organization', organizationId),
        organizationId,
        before: showThreshold(before),
        after: showThreshold(after),
        detail: { amount: showThreshold(after).amount, currency: after.currency },
      });
    });
    return after;
  }

  /** Cuts every period short that has reached its threshold; its draft and charge follow as after a month. */
  async run(): Promise<number> {
    let closed = 0;
    for (const { organizationId, periodId } of await this.thresholds.listReached(BATCH)) {
      try {
        await this.periods.close(organizationId, periodId, { early: true });
        closed += 1;
      } catch (error) {
        this.logger.error(
          `period ${publicId('period', periodId)} not billed early: ${(error as Error).message}`,
        );
      }
    }
    return closed;
  }
}

/** A threshold as the API shows it. */
export const showThreshold = ({ organizationId, amountNano, currency }: BillingThreshold) => ({
  object: 'billing_threshold' as const,
  organization: publicId('organization', organizationId),
  amount: amountNano === null ? null : formatNano(amountNano),
  currency,
});
