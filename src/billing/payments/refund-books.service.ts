import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { OutboxRepository } from '../outbox/outbox.repository.js';
import { refund as refundPosting, refundReversal } from '../ledger/posting.js';
import { ClawBacks } from './claw-backs.service.js';
import { refundView, type Refund } from './refund.js';

/** What a refund does to wallet and ledger, inside the caller's transaction. */
@Injectable()
export class RefundBooks {
  constructor(
    private readonly clawBacks: ClawBacks,
    private readonly outbox: OutboxRepository,
  ) {}

  /** Takes the credit back before the money goes, so that it cannot be spent while it is on its way. */
  async begin(client: PoolClient, refund: Refund): Promise<void> {
    await this.clawBacks.take(client, {
      organizationId: refund.organizationId,
      currency: refund.currency,
      amountNano: refund.amountNano,
      attemptId: refund.attemptId,
      cause: { refundId: refund.id },
      blocks: true,
      journal: { key: `refund:${refund.id}`, kind: 'refund', description: refund.reason },
      postings: refundPosting,
    });
  }

  /** The money came back, or never left. */
  async undo(client: PoolClient, refund: Refund): Promise<void> {
    await this.clawBacks.undo(client, {
      attemptId: refund.attemptId,
      cause: { refundId: refund.id },
      journal: {
        key: `refund_failed:${refund.id}`,
        kind: 'refund_failed',
        description: `Refund failed: ${refund.failureMessage ?? 'no reason given'}`,
      },
      postings: refundReversal,
    });
  }

  /** Tells subscribers of the new state. */
  async announce(client: PoolClient, refund: Refund): Promise<void> {
    await this.outbox.add(client, {
      topic: 'event',
      dedupeKey: `refund:${refund.id}:${refund.status}`,
      organizationId: refund.organizationId,
      payload: { type: `refund.${refund.status}`, data: refundView(refund) },
    });
  }
}
