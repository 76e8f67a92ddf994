import { Injectable } from '@nestjs/common';
import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { Database } from '../../platform/database/database.service.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { CreditsRepository } from '../credits/credits.repository.js';
import { debtWrittenOff } from '../ledger/posting.js';
import { ClawBacksRepository, writeOffKey } from './claw-backs.repository.js';
import { ClawBacks } from './claw-backs.service.js';

/** What finance gave up so that a customer's keys work again. */
export interface WalletRelease {
  organizationId: string;
  currency: string;
  writtenOffNano: bigint;
}

/** Lets a customer go on after a refund or a lost dispute whose debt nobody will collect. */
@Injectable()
export class WalletReleases {
  constructor(
    private readonly database: Database,
    private readonly credits: CreditsRepository,
    private readonly clawBacks: ClawBacks,
    private readonly rows: ClawBacksRepository,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /**
   * Writes off what is still owed of refunds and lost disputes, and lifts the blocks they left. Blocks of disputes
   * that are open, and of other rooms, stay. Throws not_found.
   */
  async release(actor: AdminActor, organizationId: string, reason: string): Promise<WalletRelease> {
    return this.database.transaction(async (client) => {
      const wallet = await this.credits.lockWalletOf(client, organizationId);
      if (!wallet) throw notFound('organization', publicId('organization', organizationId));
      let writtenOffNano = 0n;
      for (const debt of await this.rows.listOwed(client, wallet.id)) {
        const { lostNano } = await this.clawBacks.giveUp(client, {
          cause: debt.cause,
          journal: { key: writeOffKey(debt.id), kind: 'write_off', description: reason },
          postings: debtWrittenOff,
        });
        writtenOffNano += lostNano;
      }
      await this.rows.unblockClosedDisputes(client, wallet.id);
      await this.auditLog.append(client, {
        actor,
        action: 'wallet.release',
        targetKind: 'organization',
        targetId: publicId('organization', organizationId),
        organizationId,
        detail: { reason, written_off: formatNano(writtenOffNano), currency: wallet.currency },
      });
      return { organizationId, currency: wallet.currency, writtenOffNano };
    });
  }
}
