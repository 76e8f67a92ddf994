import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { minorToNano } from '../../core/currency.js';
import { FaregateError } from '../../core/errors.js';
import { publicId, uuidv7 } from '../../core/ids.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { isClosed, type PaymentAttempt, type PaymentPurpose } from './payment-attempt.js';
import { PaymentAttemptsRepository } from './payment-attempts.repository.js';
import type { ProviderName } from './payment-gateway.js';

/** An amount to be collected. */
export interface PaymentOrder {
  organizationId: string;
  purpose: PaymentPurpose;
  /** UUID of the top-up or invoice. */
  purposeId: string;
  /** UUID; absent: the organization's default. */
  paymentMethodId?: string | undefined;
  currency: string;
  /** ISO 4217 minor units, > 0. */
  amountMinor: bigint;
}

/** A method that can be charged. */
export interface UsableMethod {
  id: string;
  provider: ProviderName;
}

/** Orders payments. What talks to providers is ChargingService; what an outcome means is for the purpose's handler. */
@Injectable()
export class PaymentsService {
  constructor(private readonly attempts: PaymentAttemptsRepository) {}

  /**
   * Writes the attempt into the caller's transaction: once that commits, the money will be asked for, by
   * `ChargingService.advance` or, if the process dies first, by the worker. Throws conflict while another attempt of
   * the same purpose is live or when one has succeeded, and billing (`payment_method_required`) without a usable method.
   */
  async order(client: PoolClient, order: PaymentOrder): Promise<PaymentAttempt> {
    const method = await this.usableMethod(client, order.organizationId, order.paymentMethodId);
    const [blocking] = await this.attempts.listBlocking(client, order.purpose, order.purposeId);
    if (blocking) throw inTheWay(blocking);
    return this.attempts.insert(client, {
      id: uuidv7(),
      organizationId: order.organizationId,
      purpose: order.purpose,
      purposeId: order.purposeId,
      paymentMethodId: method.id,
      provider: method.provider,
      currency: order.currency,
      amountMinor: order.amountMinor,
      amountNano: minorToNano(order.amountMinor, order.currency),
    });
  }

  /** The named method, or the default one. Throws billing when it is not usable or there is none. */
  async usableMethod(client: PoolClient, organizationId: string, id?: string): Promise<UsableMethod> {
    const { rows } = await client.query<UsableMethod>(
      `select m.id, m.provider from payment_method m join organization o on o.id = m.organization_id
       where m.organization_id = $1 and m.id = coalesce($2, o.default_payment_method_id) and m.status = 'active'
         and (m.exp_year is null or make_date(m.exp_year, m.exp_month, 1) + interval '1 month' > billing_now())`,
      [organizationId, id ?? null],
    );
    if (rows[0]) return rows[0];
    throw new FaregateError('billing', 'There is no usable payment method to charge.', {
      code: 'payment_method_required',
      shouldRetry: false,
    });
  }

  /** Throws not_found. */
  async get(id: string): Promise<PaymentAttempt> {
    const attempt = await this.attempts.find(id);
    if (!attempt) throw notFound('payment', publicId('payment', id));
    return attempt;
  }

  /** Newest first. */
  list(filter: Parameters<PaymentAttemptsRepository['list']>[0]): Promise<PaymentAttempt[]> {
    return this.attempts.list(filter);
  }
}

function inTheWay(attempt: PaymentAttempt): FaregateError {
  const id = publicId('payment', attempt.id);
  return isClosed(attempt.status)
    ? new FaregateError('conflict', `It was paid by ${id}.`, { code: 'already_paid' })
    : new FaregateError('conflict', `Payment ${id} is ${attempt.status}; its outcome must be known first.`, {
        code: 'payment_in_progress',
      });
}
