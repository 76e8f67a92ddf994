import { Injectable, Logger } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../platform/database/database.service.js';
import { mismatchOf } from './charge-match.js';
import { MethodHealthRepository } from './method-health.repository.js';
import { OutcomeContext } from './outcome-context.service.js';
import { isForward, nextPollDelayMs, type PaymentAttempt } from './payment-attempt.js';
import {
  PaymentAttemptsRepository,
  type AttemptChange,
  type ChargedMethod,
} from './payment-attempts.repository.js';
import type { ChargeState } from './payment-gateway.js';
import { PaymentTraces } from './payment-traces.service.js';

/** What is to be committed with an outcome, when it is one. */
interface AlsoDone {
  also?: (client: PoolClient, moved: PaymentAttempt) => Promise<void>;
}

/** Moves attempts forward: state, credit or invoice, health of the payment method and event in one transaction. */
@Injectable()
export class PaymentOutcomes {
  private readonly logger = new Logger(PaymentOutcomes.name);

  constructor(
    private readonly database: Database,
    private readonly attempts: PaymentAttemptsRepository,
    private readonly traces: PaymentTraces,
    private readonly methods: MethodHealthRepository,
    private readonly context: OutcomeContext,
  ) {}

  /**
   * Applies what a provider says. News that is not ahead of what is known changes nothing, so it may come twice, late
   * or in any order. A payment that is not the one that was ordered is never credited: it stays unknown, and the
   * books checks report it.
   */
  async apply(
    attemptId: string,
    state: ChargeState,
    method: ChargedMethod & AlsoDone,
  ): Promise<PaymentAttempt> {
    return this.database.transaction(async (client) => {
      const attempt = await this.attempts.lock(client, attemptId);
      const change = this.changeFor(attempt, state, method);
      if (change === null || !isForward(attempt.status, change.status)) return attempt;
      const moved = await this.attempts.change(client, attempt.id, change);
      await this.follow(client, moved, state);
      await this.traces.announce(client, moved);
      await method.also?.(client, moved);
      return moved;
    });
  }

  /** Nobody knows whether money moved: blocks every new attempt of the same purpose until that is known. */
  async markUnknown(attemptId: string, why: string): Promise<PaymentAttempt> {
    return this.database.transaction(async (client) => {
      const attempt = await this.attempts.lock(client, attemptId);
      if (!isForward(attempt.status, 'unknown')) return attempt;
      const nextPollMs = nextPollDelayMs(0, 0);
      const moved = await this.attempts.change(client, attempt.id, {
        status: 'unknown',
        failureMessage: why,
        nextPollMs,
      });
      await this.context.purposes.get(moved.purpose).unknown(client, moved);
      await this.traces.announce(client, moved);
      return moved;
    });
  }

  private changeFor(
    attempt: PaymentAttempt,
    state: ChargeState,
    method: ChargedMethod,
  ): AttemptChange | null {
    const nextPollMs = nextPollDelayMs(0, 0);
    switch (state.status) {
      case 'unconfirmed':
        return null;
      case 'processing':
        return { status: 'submitted', nextPollMs: attempt.provider === 'invoice' ? null : nextPollMs };
      case 'requires_action':
        return {
          status: 'requires_action',
          nextPollMs,
          action: this.context.actions.seal(attempt.id, state.action),
        };
      case 'succeeded': {
        const mismatch = mismatchOf(attempt, method, state.paid);
        if (mismatch === null) return { status: 'succeeded', feeMinor: state.paid.feeMinor };
        this.logger.error(
          `payment ${attempt.id} (${attempt.providerRef}) is not what was ordered: ${mismatch}`,
        );
        return { status: 'unknown', failureMessage: mismatch, nextPollMs };
      }
      case 'failed':
        return { status: 'failed', declineCode: state.code, failureMessage: state.message };
      case 'canceled':
        return { status: 'canceled' };
    }
  }

  private async follow(client: PoolClient, attempt: PaymentAttempt, state: ChargeState): Promise<void> {
    const handler = this.context.purposes.get(attempt.purpose);
    switch (attempt.status) {
      case 'succeeded':
        await this.methods.recordSuccess(client, attempt.paymentMethodId);
        await handler.paid(client, attempt);
        await this.traces.recordFee(client, attempt);
        if (state.status === 'succeeded' && state.dispute) {
          await this.context.disputes.apply(client, attempt, state.dispute);
        }
        return undefined;
      case 'failed':
        if (state.status === 'failed' && state.declined) {
          await this.methods.recordDecline(client, attempt.paymentMethodId);
        }
        return handler.notPaid(client, attempt);
      case 'canceled':
        return handler.notPaid(client, attempt);
      case 'unknown':
        return handler.unknown(client, attempt);
      case 'created':
      case 'submitted':
      case 'requires_action':
        return undefined;
    }
  }
}
