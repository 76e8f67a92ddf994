import { Injectable } from '@nestjs/common';
import { FaregateError } from '../../core/errors.js';
import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { Database } from '../../platform/database/database.service.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { LedgerRepository } from '../ledger/ledger.repository.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { creditExpired } from '../ledger/posting.js';
import { expirableNano, type CreditGrant } from './credit.js';
import { CreditsRepository } from './credits.repository.js';

/** A lot to take back, and why. */
export interface Revocation {
  organizationId: string;
  /** UUID of the lot. */
  creditId: string;
  reason: string;
}

/** Takes back what is unspent of credit that nobody paid for. */
@Injectable()
export class CreditRevocation {
  constructor(
    private readonly database: Database,
    private readonly credits: CreditsRepository,
    private readonly ledger: LedgerRepository,
    private readonly journal: LedgerService,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /**
   * Takes what is left of a promo or goodwill lot and is held by no open call; the books are as if that had never
   * been given. Throws not_found, and conflict for bought credit (`credit_paid`: that is refunded), while usage waits to be posted
   * (`usage_pending`), and when nothing is left to take (`credit_spent`).
   */
  async revoke(order: Revocation, actor: AdminActor): Promise<CreditGrant> {
    const { organizationId, creditId, reason } = order;
    return this.database.transaction(async (client) => {
      const found = await this.credits.findGrant(client, organizationId, creditId);
      if (!found) throw notFound('credit', publicId('credit', creditId));
      if (found.kind === 'paid') throw refused('credit_paid', 'Bought credit is refunded, not taken back.');
      await this.ledger.lockLots(client, [found.walletId]);
      const wallet = await this.credits.lockWallet(client, found.walletId);
      const grant = await this.credits.findGrant(client, organizationId, creditId);
      if (!wallet || !grant) throw new Error(`credit ${creditId} vanished`);
      if (await this.credits.hasQueuedUsage(client, wallet.id)) {
        throw refused('usage_pending', 'Calls of this wallet are being posted; try again in a few seconds.');
      }
      const amountNano = expirableNano(grant.remainingNano, wallet.balanceNano - wallet.heldNano);
      if (amountNano === 0n)
        throw refused('credit_spent', 'Nothing is left of this credit that no call holds.');
      const takenNano = await this.credits.sumTaken(client, grant.id);
      await this.journal.record(client, [
        {
          idempotencyKey: `credit_revoked:${grant.id}:${takenNano}`,
          kind: 'credit_revoked',
          organizationId,
          walletId: wallet.id,
          currency: wallet.currency,
          description: reason,
          postings: creditExpired(grant.kind, amountNano),
          moves: [{ lotId: grant.id, kind: 'expire', amountNano }],
        },
      ]);
      await this.credits.addToBalance(client, wallet.id, -amountNano);
      await this.auditLog.append(client, {
        actor,
        action: 'credit.revoke',
        targetKind: 'credit',
        targetId: publicId('credit', grant.id),
        organizationId,
        detail: { reason, kind: grant.kind, amount: formatNano(amountNano), currency: wallet.currency },
      });
      return { ...grant, remainingNano: grant.remainingNano - amountNano };
    });
  }
}

const refused = (code: string, message: string): FaregateError =>
  new FaregateError('conflict', message, { code });
