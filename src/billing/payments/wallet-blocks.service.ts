import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { publicId } from '../../core/ids.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { Database } from '../../platform/database/database.service.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { CreditsRepository } from '../credits/credits.repository.js';
import { ClawBacksRepository, type BlockReason } from './claw-backs.repository.js';

/** Whether a wallet admits calls, and every reason why it does not. */
export interface WalletBlocks {
  organizationId: string;
  /** Empty while calls are admitted. */
  reasons: BlockReason[];
}

/** Stops the keys of a customer by hand, and lets them go on. */
@Injectable()
export class WalletBlocking {
  constructor(
    private readonly database: Database,
    private readonly credits: CreditsRepository,
    private readonly rows: ClawBacksRepository,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /** No call that starts after this is admitted; those under way end as ever. A second block changes nothing. Throws not_found. */
  block(actor: AdminActor, organizationId: string, reason: string): Promise<WalletBlocks> {
    return this.change(actor, organizationId, { action: 'wallet.block', reason }, (client, walletId) =>
      this.rows.block(client, walletId, 'manual', walletId),
    );
  }

  /** Lifts the block by hand; debts, open disputes and dunning still stop the keys. Throws not_found. */
  unblock(actor: AdminActor, organizationId: string, reason: string): Promise<WalletBlocks> {
    return this.change(actor, organizationId, { action: 'wallet.unblock', reason }, (client, walletId) =>
      this.rows.unblock(client, walletId, 'manual', walletId),
    );
  }

  private change(
    actor: AdminActor,
    organizationId: string,
    { action, reason }: { action: string; reason: string },
    work: (client: PoolClient, walletId: string) => Promise<void>,
  ): Promise<WalletBlocks> {
    return this.database.transaction(async (client) => {
      const wallet = await this.credits.lockWalletOf(client, organizationId);
      if (!wallet) throw notFound('organization', publicId('organization', organizationId));
      await work(client, wallet.id);
      await this.auditLog.append(client, {
        actor,
        action,
        targetKind: 'organization',
        targetId: publicId('organization', organizationId),
        organizationId,
        detail: { reason },
      });
      return { organizationId, reasons: await this.rows.listBlockReasons(client, wallet.id) };
    });
  }
}
