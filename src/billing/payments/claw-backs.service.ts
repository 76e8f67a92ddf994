import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { CreditsRepository, type LockedWallet } from '../credits/credits.repository.js';
import { LedgerRepository } from '../ledger/ledger.repository.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { writeOffUndone, type Posting, type TakenBack } from '../ledger/posting.js';
import { takeBack } from './claw-back.js';
import { ClawBacksRepository, type ClawBack, type ClawBackCause } from './claw-backs.repository.js';

/** A payment that is taken back from the customer who made it. */
export interface TakeBackOrder {
  organizationId: string;
  currency: string;
  amountNano: bigint;
  cause: ClawBackCause;
  /** Ledger key and kind, and what a reader of the ledger sees. */
  journal: { key: string; kind: string; description: string };
  /** Whether a debt stops the wallet's keys by itself. */
  blocks: boolean;
  /** The journal template, given how much is still credit. */
  postings: (taken: TakenBack) => Posting[];
}

/** The money of a take-back came back. */
export type UndoOrder = Pick<TakeBackOrder, 'cause' | 'journal' | 'postings'>;

/** What is still owed of a take-back will not be collected. */
export type GiveUpOrder = Pick<TakeBackOrder, 'cause' | 'journal'> & {
  postings: (owedNano: bigint) => Posting[];
};

/** Takes credit back that a payment had bought, and collects what was spent of it. */
@Injectable()
export class ClawBacks {
  constructor(
    private readonly clawBacks: ClawBacksRepository,
    private readonly credits: CreditsRepository,
    private readonly ledger: LedgerRepository,
    private readonly journal: LedgerService,
  ) {}

  /**
   * Takes what no call holds from the wallet and makes a debt of the rest, with the journal, in the caller's
   * transaction. Answers what was taken and from which wallet.
   */
  async take(client: PoolClient, order: TakeBackOrder): Promise<TakenBack & { walletId: string }> {
    const { organizationId, currency, amountNano } = order;
    const walletId = await this.clawBacks.getWalletId(client, organizationId, currency);
    // Lots before the wallet, as everywhere.
    await this.ledger.lockLots(client, [walletId]);
    const wallet = await this.credits.lockWallet(client, walletId);
    if (!wallet) throw new Error(`wallet ${walletId} vanished`);
    const lots = await this.clawBacks.listPaidLots(client, walletId);
    const taken = takeBack(amountNano, wallet.balanceNano - wallet.heldNano, lots);
    const id = await this.clawBacks.insert(client, order.cause, { organizationId, walletId, ...taken });
    await this.journal.record(client, [
      {
        idempotencyKey: order.journal.key,
        kind: order.journal.kind,
        organizationId,
        walletId,
        currency,
        description: order.journal.description,
        postings: order.postings(taken),
        moves: taken.takes.map((take) => ({ ...take, kind: 'refund' as const })),
      },
    ]);
    if (taken.fromWalletNano > 0n) await this.credits.addToBalance(client, walletId, -taken.fromWalletNano);
    if (order.blocks && taken.receivableNano > 0n)
      await this.clawBacks.block(client, walletId, 'claw_back', id);
    return { walletId, fromWalletNano: taken.fromWalletNano, receivableNano: taken.receivableNano };
  }

  /**
   * The money came back: the customer's credit does too, as a lot of its own, and the debt is gone. What they had
   * paid of the debt meanwhile becomes credit; what was written off of it is no loss any more. Does nothing when
   * nothing was taken for this cause.
   */
  async undo(client: PoolClient, order: UndoOrder): Promise<string | null> {
    const locked = await this.lock(client, order.cause);
    if (!locked) return null;
    const { taken, wallet } = locked;
    const { walletId, organizationId } = taken;
    const writtenOffNano = await this.clawBacks.writtenOffNano(client, taken.id);
    const creditNano = taken.fromWalletNano + taken.recoveredNano - writtenOffNano;
    const openNano = taken.receivableNano - taken.recoveredNano;
    if (openNano > 0n) await this.clawBacks.settle(client, taken.id, openNano);
    await this.clawBacks.unblock(client, walletId, 'claw_back', taken.id);
    if (creditNano > 0n) {
      await this.credits.insert(client, walletId, {
        organizationId,
        kind: 'paid',
        amountNano: creditNano,
        currency: wallet.currency,
        reason: order.journal.description,
        idempotencyKey: order.journal.key,
        createdBy: 'system:payments',
      });
      await this.credits.addToBalance(client, walletId, creditNano);
    }
    await this.journal.record(client, [
      {
        idempotencyKey: order.journal.key,
        kind: order.journal.kind,
        organizationId,
        walletId,
        currency: wallet.currency,
        description: order.journal.description,
        postings: [
          ...order.postings({ fromWalletNano: creditNano, receivableNano: openNano }),
          ...writeOffUndone(writtenOffNano),
        ],
      },
    ]);
    return walletId;
  }

  /**
   * The debt will not be collected. Answers how much was given up; 0 when nothing was owed any more.
   */
  async giveUp(client: PoolClient, order: GiveUpOrder): Promise<{ lostNano: bigint; walletId: string }> {
    const locked = await this.lock(client, order.cause);
    if (!locked) throw new Error(`nothing was taken back for ${order.journal.key}`);
    const { taken, wallet } = locked;
    const { walletId } = taken;
    const owedNano = taken.receivableNano - taken.recoveredNano;
    if (owedNano === 0n) return { lostNano: 0n, walletId };
    await this.clawBacks.settle(client, taken.id, owedNano);
    await this.clawBacks.unblock(client, taken.walletId, 'claw_back', taken.id);
    await this.journal.record(client, [
      {
        idempotencyKey: order.journal.key,
        kind: order.journal.kind,
        organizationId: taken.organizationId,
        walletId: taken.walletId,
        currency: wallet.currency,
        description: order.journal.description,
        postings: order.postings(owedNano),
      },
    ]);
    return { lostNano: owedNano, walletId };
  }

  /**
   * Pays debts of a locked wallet out of money that has arrived, oldest first, and lifts the blocks of those that are
   * paid. Answers how much went into them; its journal is the caller's.
   */
  async recover(client: PoolClient, walletId: string, upToNano: bigint): Promise<bigint> {
    let left = upToNano;
    for (const debt of await this.clawBacks.listOwed(client, walletId)) {
      const owedNano = debt.receivableNano - debt.recoveredNano;
      const paidNano = left < owedNano ? left : owedNano;
      if (paidNano === 0n) break;
      await this.clawBacks.settle(client, debt.id, paidNano);
      if (paidNano === owedNano) await this.clawBacks.unblock(client, walletId, 'claw_back', debt.id);
      left -= paidNano;
    }
    return upToNano - left;
  }

  /** A take-back under its wallet's lock: wallets are locked before what is owed of them, everywhere. */
  private async lock(
    client: PoolClient,
    cause: ClawBackCause,
  ): Promise<{ taken: ClawBack; wallet: LockedWallet } | null> {
    const found = await this.clawBacks.find(client, cause);
    if (!found) return null;
    const wallet = await this.credits.lockWallet(client, found.walletId);
    const taken = await this.clawBacks.find(client, cause);
    if (!wallet || !taken) throw new Error(`wallet ${found.walletId} vanished`);
    return { taken, wallet };
  }
}
