import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { FaregateError } from '../../core/errors.js';
import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import { AuditLogRepository, type AuditEntry } from '../../platform/audit/audit-log.repository.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { ChargingService } from './charging.service.js';
import { OutcomeUnknownError } from './payment-gateway.js';
import { isClosed, paymentView, type PaymentAttempt } from './payment-attempt.js';
import { PaymentOutcomes } from './payment-outcomes.service.js';
import { PaymentsService } from './payments.service.js';
import { refundView, type Refund } from './refund.js';

/** What finance does to payments by hand. */
@Injectable()
export class PaymentsByHand {
  constructor(
    private readonly payments: PaymentsService,
    private readonly charging: ChargingService,
    private readonly outcomes: PaymentOutcomes,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /** A transfer has arrived. Throws not_found, and conflict for any payment that does not wait for one. */
  async markPaid(actor: AdminActor, id: string, reference: string): Promise<PaymentAttempt> {
    const attempt = await this.payments.get(id);
    if (attempt.provider !== 'invoice') {
      throw new FaregateError('conflict', 'Only a bank transfer can be marked as paid; cards are asked.', {
        code: 'not_a_transfer',
      });
    }
    const before = await this.charging.advance(id);
    if (isClosed(before.status)) throw alreadyClosed(before);
    const { amountMinor, currency } = before;
    const paid = { amountMinor, currency, customerRef: null, attemptId: id, feeMinor: null };
    const also = (client: PoolClient, after: PaymentAttempt) =>
      this.auditLog.append(client, entryOf(actor, 'payment.mark_paid', { before, after, reference }));
    return this.outcomes.apply(id, { status: 'succeeded', paid }, { ref: '', customerRef: null, also });
  }

  /** Throws not_found, conflict when it is closed, and unavailable when the provider does not say. */
  async cancel(actor: AdminActor, id: string): Promise<PaymentAttempt> {
    const before = await this.payments.get(id);
    if (isClosed(before.status)) throw alreadyClosed(before);
    try {
      const after = await this.charging.cancel(id);
      await this.auditLog.record(entryOf(actor, 'payment.cancel', { before, after }));
      return after;
    } catch (error) {
      if (!(error instanceof OutcomeUnknownError)) throw error;
      throw new FaregateError('unavailable', 'The payment provider does not answer.', {
        retryAfterSeconds: 30,
        internal: error,
      });
    }
  }

  /** Asks the provider now. Throws not_found. */
  async refresh(actor: AdminActor, id: string): Promise<PaymentAttempt> {
    const before = await this.payments.get(id);
    const after = await this.charging.advance(id);
    await this.auditLog.record(entryOf(actor, 'payment.refresh', { before, after }));
    return after;
  }

  /** Notes who ordered a refund, in the transaction that orders it. */
  async recordRefund(client: PoolClient, actor: AdminActor, refund: Refund): Promise<void> {
    await this.auditLog.append(client, {
      actor,
      action: 'refund.create',
      targetKind: 'refund',
      targetId: publicId('refund', refund.id),
      organizationId: refund.organizationId,
      after: refundView(refund),
      detail: { amount: formatNano(refund.amountNano), currency: refund.currency, reason: refund.reason },
    });
  }
}

const entryOf = (
  actor: AdminActor,
  action: string,
  { before, after, reference }: { before: PaymentAttempt; after: PaymentAttempt; reference?: string },
): AuditEntry => ({
  actor,
  action,
  targetKind: 'payment',
  targetId: publicId('payment', after.id),
  organizationId: after.organizationId,
  before: paymentView(before),
  after: paymentView(after),
  detail: { status: after.status, ...(reference !== undefined && { reference }) },
});

const alreadyClosed = (attempt: PaymentAttempt): FaregateError =>
  new FaregateError('conflict', `This payment is ${attempt.status}.`, { code: 'payment_closed' });
