import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { FaregateError, unavailable } from '../../../core/errors.js';
import { publicId } from '../../../core/ids.js';
import { AuditLogRepository, systemActor } from '../../../platform/audit/audit-log.repository.js';
import { assertExists } from '../../../platform/http/assert-exists.js';
import { Database } from '../../../platform/database/database.service.js';
import type { AdminActor } from '../../../platform/http/access.decorator.js';
import { notFound } from '../../../platform/http/public-id.pipe.js';
import { RollupService } from '../../rollup/rollup.service.js';
import { DraftsService } from '../drafts.service.js';
import { showPeriod, type Period } from './period.js';
import { PeriodsRepository } from './periods.repository.js';

/** How often a close looks whether other workers have posted what they claimed. */
const POSTING_CHECKS = 20;
const POSTING_PAUSE_MS = 50;
/** Periods a scheduled run closes before it looks again. */
const BATCH = 100;

/**
 * Closes billing periods in three steps, each of which can be repeated: stop taking usage (under the organization's
 * exclusive lock), post what was taken, close. A process that dies in between leaves a period `closing`, which the
 * next run goes on with; usage meanwhile falls into the next period.
 */
@Injectable()
export class PeriodsService {
  private readonly logger = new Logger(PeriodsService.name);

  constructor(
    private readonly database: Database,
    private readonly periods: PeriodsRepository,
    private readonly rollup: RollupService,
    private readonly drafts: DraftsService,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /** Throws not_found. */
  async get(organizationId: string, id: string): Promise<Period> {
    const period = await this.periods.find(organizationId, id);
    if (!period) throw notFound('period', publicId('period', id));
    return period;
  }

  /** Periods of an organization, newest first, older than `beforeId`. Throws not_found. */
  async list(organizationId: string, limit: number, beforeId?: string): Promise<Period[]> {
    const periods = await this.periods.list(organizationId, limit, beforeId);
    if (periods.length === 0) await assertExists(this.database, 'organization', organizationId);
    return periods;
  }

  /**
   * Closes a period; one that is closed already is answered as it is. Throws not_found, conflict when it has not
   * ended and is not to be cut short, unavailable while its usage cannot be posted.
   */
  async close(
    organizationId: string,
    id: string,
    { early = false, actor = systemActor('worker') }: { early?: boolean; actor?: AdminActor } = {},
  ): Promise<Period> {
    await this.get(organizationId, id);
    const outcome = await this.periods.beginClosing(id, early);
    if (outcome === 'not_ended') {
      throw new FaregateError(
        'conflict',
        'This period has not ended; send {"early": true} to cut it short.',
        {
          code: 'period_not_ended',
        },
      );
    }
    if (outcome !== 'closed') {
      await this.postUsage(id);
      await this.finish(id, actor);
    }
    return this.get(organizationId, id);
  }

  /**
   * Closes every period that is due, those of committed months without usage among them; returns how many. One that
   * cannot be closed stops no other.
   */
  async closeDue(): Promise<number> {
    await this.periods.openCommitted();
    let closed = 0;
    for (const { organizationId, id } of await this.periods.listDue(BATCH)) {
      try {
        await this.close(organizationId, id);
        closed += 1;
      } catch (error) {
        this.logger.error(`period ${publicId('period', id)} not closed: ${(error as Error).message}`);
      }
    }
    return closed;
  }

  private async postUsage(id: string): Promise<void> {
    const isPosted = async () => !(await this.periods.hasQueuedUsage(id));
    for (let check = 0; check < POSTING_CHECKS; check++) {
      if (await isPosted()) return;
      await this.rollup.drain(isPosted);
      if (await isPosted()) return;
      await pause(POSTING_PAUSE_MS);
    }
    throw unavailable('The usage of this period is not posted yet; it stays in closing and is closed later.');
  }

  private async finish(id: string, actor: AdminActor): Promise<void> {
    await this.database.transaction(async (client) => {
      const period = await this.periods.lock(client, id);
      if (period?.status !== 'closing') return;
      await this.drafts.draft(client, id);
      await this.periods.finishClosing(client, id);
      await this.auditLog.append(client, {
        actor,
        action: 'billing_period.close',
        targetKind: 'billing_period',
        targetId: publicId('period', id),
        organizationId: period.organizationId,
        before: showPeriod(period),
        after: { ...showPeriod(period), status: 'closed' },
      });
    });
  }
}
