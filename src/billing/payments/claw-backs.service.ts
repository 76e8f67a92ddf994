import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { CreditsRepository, type LockedWallet } from '../credits/credits.repository.js';
import { LedgerRepository } from '../ledger/ledger.repository.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { writeOffUndone, type Posting, type TakenBack } from '../ledger/posting.js';
import { shareOut, takeBack, type PaidLot, type TakenLots } from './claw-back.js';
import { ClawBacksRepository, type ClawBack, type ClawBackCause } from './claw-backs.repository.js';
import { SaleDocuments, type SaleWhy, type TaxedSale } from './sale-documents.service.js';

/** A payment that is taken back from the customer who made it. */
export interface TakeBackOrder {
  organizationId: string;
  currency: string;
  amountNano: bigint;
  /** UUID of the payment that is taken back. */
  attemptId: string;
  cause: ClawBackCause;
  /** Ledger key and kind, and what a reader of the ledger sees. */
  journal: { key: string; kind: string; description: string };
  /** Whether a debt stops the wallet's keys by itself. */
  blocks: boolean;
  /** The journal template, given how much is still credit. */
  postings: (taken: TakenBack) => Posting[];
}

/** The money of a take-back came back. */
export type UndoOrder = Pick<TakeBackOrder, 'attemptId' | 'cause' | 'journal' | 'postings'>;

/** What is still owed of a take-back will not be collected. */
export type GiveUpOrder = Pick<TakeBackOrder, 'cause' | 'journal'> & {
  postings: (owedNano: bigint) => Posting[];
};

interface LockedClawBack {
  taken: ClawBack;
  wallet: LockedWallet;
}

/** Takes credit back that a payment had bought, and collects what was spent of it. */
@Injectable()
export class ClawBacks {
  constructor(
    private readonly clawBacks: ClawBacksRepository,
    private readonly credits: CreditsRepository,
    private readonly ledger: LedgerRepository,
    private readonly journal: LedgerService,
    private readonly sales: SaleDocuments,
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
    const sale = await this.sales.find(client, order.attemptId);
    const askedNano = sale ? sale.netOf(amountNano) : amountNano;
    const taxPoint = await this.clawBacks.findTaxPoint(client, order.attemptId);
    const lots = await this.clawBacks.listPaidLots(client, walletId, taxPoint);
    const { takes, credited, ...lotted } = takeFrom(sale, askedNano, {
      availableNano: wallet.balanceNano - wallet.heldNano,
      lots,
      why: {
        reason: 'refundId' in order.cause ? 'refund' : 'dispute',
        memo: order.journal.description,
      },
    });
    const taken = shareOut(amountNano, askedNano, lotted);
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
        moves: takes.map((take) => ({ ...take, kind: 'refund' as const })),
      },
    ]);
    if (taken.fromWalletNano > 0n) await this.credits.addToBalance(client, walletId, -taken.fromWalletNano);
    if (order.blocks && taken.receivableNano > 0n)
      await this.clawBacks.block(client, walletId, 'claw_back', id);
    await credited?.issue(client, id);
    return { walletId, ...taken };
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
    const openNano = taken.receivableNano - taken.recoveredNano;
    if (openNano > 0n) await this.clawBacks.settle(client, taken.id, openNano);
    await this.clawBacks.unblock(client, walletId, 'claw_back', taken.id);
    const back = await this.restore(client, order, locked, taken.recoveredNano - writtenOffNano);
    await this.journal.record(client, [
      {
        idempotencyKey: order.journal.key,
        kind: order.journal.kind,
        organizationId,
        walletId,
        currency: wallet.currency,
        description: order.journal.description,
        postings: [
          ...order.postings({ ...back, receivableNano: openNano }),
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

  /** The lot of credit that comes back, with what the customer had paid of the debt, and its receipt where it is taxed again. */
  private async restore(
    client: PoolClient,
    { attemptId, journal }: UndoOrder,
    { taken, wallet: { currency } }: LockedClawBack,
    repaidNano: bigint,
  ): Promise<Omit<TakenBack, 'receivableNano'>> {
    const { walletId, organizationId, fromWalletNano, taxNano, roundingNano } = taken;
    const sale = await this.sales.find(client, attemptId);
    const resold = sale?.sellAgain(fromWalletNano, repaidNano) ?? null;
    const creditNano = resold ? resold.netNano : fromWalletNano + repaidNano;
    const backTaxNano = resold?.taxNano ?? 0n;
    const grossNano = fromWalletNano + taxNano + roundingNano + repaidNano;
    if (creditNano > 0n) {
      const taxPoint = await this.clawBacks.findTaxPoint(client, attemptId);
      const grantId = await this.credits.insert(client, walletId, {
        organizationId,
        kind: 'paid',
        amountNano: creditNano,
        currency,
        reason: journal.description,
        taxPoint: taxPoint ?? undefined,
        idempotencyKey: journal.key,
        createdBy: 'system:payments',
      });
      if (grantId === null) throw new Error(`${journal.key} was credited before`);
      await this.credits.addToBalance(client, walletId, creditNano);
      await resold?.issue(client, { grantId, reference: journal.key });
    }
    return {
      fromWalletNano: creditNano,
      taxNano: backTaxNano,
      roundingNano: grossNano - creditNano - backTaxNano,
    };
  }

  /** A take-back under its wallet's lock: wallets are locked before what is owed of them, everywhere. */
  private async lock(client: PoolClient, cause: ClawBackCause): Promise<LockedClawBack | null> {
    const found = await this.clawBacks.find(client, cause);
    if (!found) return null;
    const wallet = await this.credits.lockWallet(client, found.walletId);
    const taken = await this.clawBacks.find(client, cause);
    if (!wallet || !taken) throw new Error(`wallet ${found.walletId} vanished`);
    return { taken, wallet };
  }
}

/** What is taken from the lots for `askedNano` of credit, and the documents of the tax that goes back with it. */
function takeFrom(
  sale: TaxedSale | null,
  askedNano: bigint,
  { availableNano, lots, why }: { availableNano: bigint; lots: readonly PaidLot[]; why: SaleWhy },
) {
  const most = takeBack(askedNano, availableNano, lots);
  if (!sale) return { ...most, taxNano: 0n, credited: null };
  const credited = sale.creditBack(most.fromWalletNano, why);
  const kept: TakenLots = takeBack(credited.netNano, availableNano, lots);
  return { ...kept, taxNano: credited.taxNano, credited };
}
