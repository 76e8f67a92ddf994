import { Injectable } from '@nestjs/common';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { assertExists } from '../../platform/http/assert-exists.js';
import { Database } from '../../platform/database/database.service.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { creditGranted } from '../ledger/posting.js';
import { isSameOrder, type CreditGrant, type CreditOrder } from './credit.js';
import { CreditsRepository } from './credits.repository.js';

/** Gives credit and lists it. */
@Injectable()
export class CreditsService {
  constructor(
    private readonly database: Database,
    private readonly credits: CreditsRepository,
    private readonly journal: LedgerService,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /**
   * Gives credit: the lot, its ledger transaction and the wallet's balance in one transaction. The same order again
   * answers the grant it made the first time. Throws not_found, invalid_request (currency), or conflict when the
   * key was used for another order.
   */
  async grant(order: CreditOrder, actor: AdminActor): Promise<CreditGrant> {
    return this.database.transaction(async (client) => {
      const wallet = await this.credits.lockWalletOf(client, order.organizationId);
      if (!wallet) throw notFound('organization', publicId('organization', order.organizationId));
      if (wallet.currency !== order.currency) {
        throw invalidRequest(`currency must be ${wallet.currency}, the organization's own`, 'currency');
      }
      const id = await this.credits.insert(client, wallet.id, order);
      const grant = await this.credits.findByKey(client, order.idempotencyKey);
      if (!grant) throw new Error('a credit grant vanished');
      if (id === null) return repeated(grant, order);
      await this.journal.record(client, [
        {
          idempotencyKey: `credit:${id}`,
          kind: `credit_${order.kind}`,
          organizationId: order.organizationId,
          walletId: wallet.id,
          currency: wallet.currency,
          description: order.reason,
          postings: creditGranted(order.kind, order.amountNano),
        },
      ]);
      await this.credits.addToBalance(client, wallet.id, order.amountNano);
      await this.auditLog.append(client, {
        actor,
        action: 'credit.create',
        targetKind: 'credit',
        targetId: publicId('credit', id),
        organizationId: order.organizationId,
        detail: { kind: order.kind, amount: formatNano(order.amountNano), currency: order.currency },
      });
      return grant;
    });
  }

  /** Grants of an organization, newest first. Throws not_found. */
  async list(organizationId: string, limit: number, beforeId?: string): Promise<CreditGrant[]> {
    const grants = await this.credits.list(organizationId, limit, beforeId);
    if (grants.length === 0) await assertExists(this.database, 'organization', organizationId);
    return grants;
  }
}

function repeated(grant: CreditGrant, order: CreditOrder): CreditGrant {
  if (grant.organizationId === order.organizationId && isSameOrder(grant, order)) return grant;
  throw new FaregateError('conflict', 'This Idempotency-Key was used for another credit.', {
    code: 'idempotency_key_reused',
  });
}
