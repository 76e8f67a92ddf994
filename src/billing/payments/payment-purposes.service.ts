import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { PaymentAttempt, PaymentPurpose } from './payment-attempt.js';

/**
 * What a payment is for decides what its outcome means: credit for a top-up, an invoice that is paid. Both run in
 * the transaction that moves the attempt, and at most once for each attempt.
 */
export interface PurposeHandler {
  /** The money arrived: post its journal (debit PSP clearing) and close what it was for. */
  paid(client: PoolClient, attempt: PaymentAttempt): Promise<void>;
  /** It did not, and never will by this attempt. */
  notPaid(client: PoolClient, attempt: PaymentAttempt): Promise<void>;
  /** Nobody knows yet. */
  unknown(client: PoolClient, attempt: PaymentAttempt): Promise<void>;
}

/** Who is told about the outcome of payments. Rooms that collect money register themselves when they are made. */
@Injectable()
export class PaymentPurposes {
  private readonly handlers = new Map<PaymentPurpose, PurposeHandler>();

  /** Throws when the purpose has its handler already. */
  register(purpose: PaymentPurpose, handler: PurposeHandler): void {
    if (this.handlers.has(purpose)) throw new Error(`payments for ${purpose} have two handlers`);
    this.handlers.set(purpose, handler);
  }

  get(purpose: PaymentPurpose): PurposeHandler {
    const handler = this.handlers.get(purpose);
    if (!handler) throw new Error(`nobody handles payments for ${purpose}`);
    return handler;
  }
}
