import { Injectable, Logger } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { nowMs } from '../../core/clock.js';
import { minorToNano, nanoToMinor } from '../../core/currency.js';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { publicId, uuidv7 } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import { assertExists } from '../../platform/http/assert-exists.js';
import { Database } from '../../platform/database/database.service.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { ChargingService } from './charging.service.js';
import { KEY_TTL_MS, nextPollDelayMs, type PaymentAttempt } from './payment-attempt.js';
import { PaymentAttemptsRepository } from './payment-attempts.repository.js';
import {
  ChargeRefusedError,
  OutcomeUnknownError,
  type ProviderName,
  type RefundFacts,
} from './payment-gateway.js';
import { refundNews, type Refund } from './refund.js';
import { RefundBooks } from './refund-books.service.js';
import { RefundsRepository } from './refunds.repository.js';

/** A refund that finance orders. */
export interface RefundOrderByHand {
  attemptId: string;
  /** Null: all that is left of the payment. */
  amountNano: bigint | null;
  reason: string;
  idempotencyKey: string;
  createdBy: string;
}

/** Gives payments back, and follows refunds that were made at the provider. */
@Injectable()
export class RefundsService {
  private readonly logger = new Logger(RefundsService.name);

  constructor(
    private readonly database: Database,
    private readonly attempts: PaymentAttemptsRepository,
    private readonly refunds: RefundsRepository,
    private readonly books: RefundBooks,
    private readonly charging: ChargingService,
  ) {}

  /**
   * Takes the credit back and orders the refund in one transaction; the provider hears of it afterwards. Throws
   * not_found, conflict for a payment that did not succeed, invalid_request for more than is left of it.
   */
  async order(
    order: RefundOrderByHand,
    finish: (client: PoolClient, refund: Refund) => Promise<void>,
  ): Promise<Refund> {
    if (!(await this.attempts.find(order.attemptId))) {
      throw notFound('payment', publicId('payment', order.attemptId));
    }
    const { refund, isNew } = await this.database.transaction(async (client) => {
      const attempt = await this.attempts.lock(client, order.attemptId);
      const repeated = await this.refunds.findByKey(client, order.idempotencyKey);
      if (repeated) return { refund: repeated, isNew: false };
      const amountMinor = await this.refundable(client, attempt, order.amountNano);
      const inserted = await this.refunds.insert(client, {
        ...newRefund(attempt, amountMinor),
        status: 'created',
        providerRef: null,
        reason: order.reason,
        idempotencyKey: order.idempotencyKey,
        createdBy: order.createdBy,
      });
      if (!inserted) throw new Error('a refund was ordered twice');
      await this.books.begin(client, inserted);
      await finish(client, inserted);
      return { refund: inserted, isNew: true };
    });
    return isNew ? this.submit(refund) : refund;
  }

  /** Asks the provider to give the money back, under the same key as ever. */
  async submit(refund: Refund): Promise<Refund> {
    const attempt = await this.attempts.find(refund.attemptId);
    if (!attempt?.providerRef) throw new Error(`refund ${refund.id} is of a payment without a name`);
    const gateway = this.charging.gateway(attempt.provider);
    const { amountMinor, currency } = refund;
    const order = { refundId: refund.id, chargeRef: attempt.providerRef, amountMinor, currency };
    try {
      const keyIsRemembered = nowMs() - refund.createdAt.getTime() < KEY_TTL_MS;
      const facts = keyIsRemembered ? await gateway.refund(order) : await gateway.findRefund(order);
      if (facts !== null) return await this.apply(refund.id, facts);
      return await this.fail(refund.id, 'The provider never received the refund.');
    } catch (error) {
      if (error instanceof ChargeRefusedError) return this.fail(refund.id, error.message);
      if (!(error instanceof OutcomeUnknownError)) throw error;
      this.logger.warn(`refund ${refund.id}: ${error.message}`);
      return this.move(refund.id, { status: 'unknown', ref: null, message: null });
    }
  }

  /** A provider reported on a refund: reads it again. One that was made there is booked like one of ours. */
  async sync(provider: ProviderName, ref: string): Promise<void> {
    const facts = await this.charging.gateway(provider).retrieveRefund(ref);
    const known =
      (await this.refunds.findByRef(ref)) ??
      (facts.refundId === null ? null : await this.refunds.find(facts.refundId));
    if (known) {
      await this.apply(known.id, facts);
      return;
    }
    if (facts.chargeRef === null) return;
    await this.charging.catchUp(provider, facts.chargeRef, null);
    const attempt = await this.attempts.findByRef(provider, facts.chargeRef);
    if (attempt?.status === 'succeeded') await this.adopt(attempt, facts);
  }

  /** Asks after refunds without an outcome. */
  async pollDue(): Promise<void> {
    for (const refund of await this.refunds.takeDue(50)) {
      try {
        const attempt = await this.attempts.find(refund.attemptId);
        if (refund.providerRef === null || !attempt) await this.submit(refund);
        else
          await this.apply(
            refund.id,
            await this.charging.gateway(attempt.provider).retrieveRefund(refund.providerRef),
          );
      } catch (error) {
        this.logger.warn(`refund ${refund.id}: ${String(error)}`);
      }
    }
  }

  /** Refunds of a payment, newest first. Throws not_found. */
  async list(attemptId: string): Promise<Refund[]> {
    const refunds = await this.refunds.listOf(attemptId);
    if (refunds.length === 0) await assertExists(this.database, 'payment', attemptId);
    return refunds;
  }

  private async refundable(
    client: PoolClient,
    attempt: PaymentAttempt,
    amountNano: bigint | null,
  ): Promise<bigint> {
    if (attempt.status !== 'succeeded') {
      throw new FaregateError('conflict', `This payment is ${attempt.status}.`, {
        code: 'payment_not_succeeded',
      });
    }
    const left = attempt.amountMinor - (await this.refunds.sumOf(client, attempt.id));
    const wanted = amountNano === null ? left : nanoToMinor(amountNano, attempt.currency);
    if (wanted === null)
      throw invalidRequest(`amount must be in whole ${attempt.currency} minor units`, 'amount');
    if (wanted <= left && wanted > 0n) return wanted;
    const rest = formatNano(minorToNano(left, attempt.currency));
    throw invalidRequest(`amount must be at most ${rest}, what is left of this payment`, 'amount');
  }

  private async adopt(attempt: PaymentAttempt, facts: RefundFacts): Promise<void> {
    await this.database.transaction(async (client) => {
      await this.attempts.lock(client, attempt.id);
      const refund = await this.refunds.insert(client, {
        ...newRefund(attempt, facts.amountMinor),
        status: facts.status,
        providerRef: facts.ref,
        reason: 'Made at the payment provider',
        idempotencyKey: `${attempt.provider}:${facts.ref}`,
        createdBy: `system:${attempt.provider}`,
      });
      if (!refund || facts.status === 'failed') return;
      await this.books.begin(client, refund);
      await this.books.announce(client, refund);
    });
  }

  private async apply(id: string, facts: RefundFacts): Promise<Refund> {
    return this.move(id, { status: facts.status, ref: facts.ref, message: facts.message });
  }

  private fail(id: string, message: string): Promise<Refund> {
    return this.move(id, { status: 'failed', ref: null, message });
  }

  private async move(
    id: string,
    news: { status: Refund['status']; ref: string | null; message: string | null },
  ): Promise<Refund> {
    const owner = await this.refunds.find(id);
    return this.database.transaction(async (client) => {
      if (owner) await this.attempts.lock(client, owner.attemptId);
      const refund = await this.refunds.lock(client, id);
      if (refundNews(refund, news) === null) return refund;
      const isOpen = news.status === 'unknown' || news.status === 'submitted';
      const nextPollMs = isOpen ? nextPollDelayMs(0, 0) : null;
      const { status, ref: providerRef, message } = news;
      const moved = await this.refunds.change(client, id, { status, providerRef, message, nextPollMs });
      if (status === 'failed') await this.books.undo(client, moved);
      await this.books.announce(client, moved);
      return moved;
    });
  }
}

const newRefund = (attempt: PaymentAttempt, amountMinor: bigint) => ({
  id: uuidv7(),
  organizationId: attempt.organizationId,
  attemptId: attempt.id,
  currency: attempt.currency,
  amountMinor,
  amountNano: minorToNano(amountMinor, attempt.currency),
});
