import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { disputeLost, disputeOpened, disputeWon } from '../ledger/posting.js';
import { OutboxRepository } from '../outbox/outbox.repository.js';
import { ClawBacksRepository } from './claw-backs.repository.js';
import { ClawBacks } from './claw-backs.service.js';
import { disputeView, type Dispute } from './dispute.js';
import { DisputesRepository } from './disputes.repository.js';
import { MethodHealthRepository } from './method-health.repository.js';
import type { PaymentAttempt } from './payment-attempt.js';
import type { DisputeFacts } from './payment-gateway.js';

/** What a dispute does to wallet, keys, payment method and ledger, inside the caller's transaction. */
@Injectable()
export class DisputeBooks {
  constructor(
    private readonly disputes: DisputesRepository,
    private readonly clawBacks: ClawBacks,
    private readonly blocks: ClawBacksRepository,
    private readonly methods: MethodHealthRepository,
    private readonly outbox: OutboxRepository,
  ) {}

  /** Moves a dispute of a locked, successful attempt to where its bank says it stands; twice is once. */
  async apply(client: PoolClient, attempt: PaymentAttempt, facts: DisputeFacts): Promise<void> {
    const opened = await this.disputes.insert(client, attempt, facts);
    if (opened) await this.open(client, attempt, opened);
    if (facts.status === 'open') return;
    const closed = await this.disputes.close(client, facts.ref, facts.status);
    if (!closed) return;
    if (facts.status === 'won') await this.win(client, attempt, closed);
    else await this.lose(client, closed);
    await this.announce(client, closed);
  }

  /** The bank has the money: credit goes, keys stop, the method is not charged any more. */
  private async open(client: PoolClient, attempt: PaymentAttempt, dispute: Dispute): Promise<void> {
    const { walletId } = await this.clawBacks.take(client, {
      organizationId: dispute.organizationId,
      currency: dispute.currency,
      amountNano: dispute.amountNano,
      attemptId: attempt.id,
      cause: { disputeId: dispute.id },
      blocks: false,
      journal: { key: `dispute:${dispute.id}`, kind: 'dispute', description: `Dispute (${dispute.reason})` },
      postings: disputeOpened,
    });
    await this.blocks.block(client, walletId, 'dispute', dispute.id);
    await this.methods.block(client, attempt.paymentMethodId);
    await this.announce(client, dispute);
  }

  private async win(client: PoolClient, attempt: PaymentAttempt, dispute: Dispute): Promise<void> {
    const walletId = await this.clawBacks.undo(client, {
      attemptId: attempt.id,
      cause: { disputeId: dispute.id },
      journal: { key: `dispute_won:${dispute.id}`, kind: 'dispute_won', description: 'Dispute won' },
      postings: disputeWon,
    });
    if (walletId !== null) await this.blocks.unblock(client, walletId, 'dispute', dispute.id);
    await this.methods.unblock(client, attempt.paymentMethodId);
  }

  /** What was spent is the house's loss; then the keys stay stopped until finance lets them go. */
  private async lose(client: PoolClient, dispute: Dispute): Promise<void> {
    const { lostNano, walletId } = await this.clawBacks.giveUp(client, {
      cause: { disputeId: dispute.id },
      journal: { key: `dispute_lost:${dispute.id}`, kind: 'dispute_lost', description: 'Dispute lost' },
      postings: disputeLost,
    });
    if (lostNano === 0n) await this.blocks.unblock(client, walletId, 'dispute', dispute.id);
  }

  private async announce(client: PoolClient, dispute: Dispute): Promise<void> {
    await this.outbox.add(client, {
      topic: 'event',
      dedupeKey: `dispute:${dispute.id}:${dispute.status}`,
      organizationId: dispute.organizationId,
      payload: {
        type: `dispute.${dispute.status === 'open' ? 'opened' : dispute.status}`,
        data: disputeView(dispute),
      },
    });
  }
}
