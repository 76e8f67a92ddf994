import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';
import { LedgerRepository } from '../ledger/ledger.repository.js';
import { LedgerService, type Journal } from '../ledger/ledger.service.js';
import { creditExpired } from '../ledger/posting.js';
import { RollupService } from '../rollup/rollup.service.js';
import { expirableNano } from './credit.js';
import { CreditsRepository, type ExpiredGrant, type LockedWallet } from './credits.repository.js';

/** Takes back credit that ran out unused. */
@Injectable()
export class ExpiryService {
  private readonly logger = new Logger(ExpiryService.name);

  constructor(
    private readonly database: Database,
    private readonly credits: CreditsRepository,
    private readonly rollup: RollupService,
    private readonly ledger: LedgerRepository,
    private readonly journal: LedgerService,
  ) {}

  /**
   * Empties every expired lot as far as no open call holds its money; what stays is taken by a next run, after
   * the calls have ended. A wallet for which that fails stops no other. Returns how many lots lost money.
   */
  async run(): Promise<number> {
    const wallets = await this.credits.listWalletsToExpire();
    // What was used before the expiry must first be taken from the lots, else it would be lost twice.
    if (wallets.length > 0) await this.rollup.drain();
    let expired = 0;
    for (const walletId of wallets) {
      try {
        expired += await this.expireWallet(walletId);
      } catch (error) {
        this.logger.error(`credit of wallet ${walletId} not expired: ${(error as Error).message}`);
      }
    }
    return expired;
  }

  private async expireWallet(walletId: string): Promise<number> {
    return this.database.transaction(async (client) => {
      await this.ledger.lockLots(client, [walletId]);
      const wallet = await this.credits.lockWallet(client, walletId);
      if (!wallet || (await this.credits.hasQueuedUsage(client, walletId))) return 0;
      let freeNano = wallet.balanceNano - wallet.heldNano;
      const journals: Journal[] = [];
      for (const grant of await this.credits.listExpired(client, walletId)) {
        const amountNano = expirableNano(grant.remainingNano, freeNano);
        if (amountNano === 0n) continue;
        freeNano -= amountNano;
        journals.push(journalOf(wallet, grant, amountNano));
      }
      await this.journal.record(client, journals);
      const taken = wallet.balanceNano - wallet.heldNano - freeNano;
      if (taken > 0n) await this.credits.addToBalance(client, walletId, -taken);
      return journals.length;
    });
  }
}

const journalOf = (wallet: LockedWallet, grant: ExpiredGrant, amountNano: bigint): Journal => ({
  idempotencyKey: `expiry:${grant.id}:${grant.takenNano}`,
  kind: 'credit_expired',
  organizationId: wallet.organizationId,
  walletId: wallet.id,
  currency: wallet.currency,
  description: `${grant.kind} credit expired`,
  postings: creditExpired(grant.kind, amountNano),
  moves: [{ lotId: grant.id, kind: 'expire', amountNano }],
});
