import { Inject, Injectable, Logger } from '@nestjs/common';
import { nowMs } from '../../core/clock.js';
import {
  ACTION_TTL_MS,
  isClosed,
  KEY_TTL_MS,
  nextPollDelayMs,
  type PaymentAttempt,
} from './payment-attempt.js';
import { PaymentAttemptsRepository, type ChargedMethod } from './payment-attempts.repository.js';
import {
  ChargeRefusedError,
  OutcomeUnknownError,
  PAYMENT_GATEWAYS,
  type Charge,
  type ChargeState,
  type PaymentGateway,
  type ProviderName,
} from './payment-gateway.js';
import { PaymentOutcomes } from './payment-outcomes.service.js';

const BATCH = 50;

/**
 * Talks to payment providers about attempts. Whatever happened before – a crash between any two steps, an answer
 * that got lost, a webhook that never came – `advance` finds out where the attempt stands and takes the next step.
 */
@Injectable()
export class ChargingService {
  private readonly logger = new Logger(ChargingService.name);

  constructor(
    private readonly attempts: PaymentAttemptsRepository,
    private readonly outcomes: PaymentOutcomes,
    @Inject(PAYMENT_GATEWAYS) private readonly gateways: readonly PaymentGateway[],
  ) {}

  /** The gateway of a provider. Throws when this installation has none. */
  gateway(name: ProviderName): PaymentGateway {
    const gateway = this.gateways.find((candidate) => candidate.name === name);
    if (!gateway) throw new Error(`payment provider ${name} is not configured`);
    return gateway;
  }

  /**
   * Takes the attempt as far as it goes now and answers where it stands. Never throws for what a provider does; an
   * attempt that another process is busy with is answered as it is.
   */
  async advance(attemptId: string): Promise<PaymentAttempt> {
    const before = await this.get(attemptId);
    if (isClosed(before.status) || !(await this.attempts.lease(attemptId))) return before;
    try {
      return await this.step(await this.get(attemptId));
    } catch (error) {
      return await this.fail(attemptId, error);
    } finally {
      await this.attempts.release(attemptId);
    }
  }

  /** Advances every attempt that is due. One that cannot be advanced stops no other. Returns how many there were. */
  async advanceDue(): Promise<number> {
    let total = 0;
    for (;;) {
      const due = await this.attempts.listDue(BATCH);
      for (const id of due) await this.advanceOrPostpone(id);
      total += due.length;
      if (due.length < BATCH) return total;
    }
  }

  /**
   * A provider reported on a charge: reads it again and moves its attempt forward. A charge whose name got lost is
   * recognised by the attempt it names. Throws OutcomeUnknownError when the provider does not answer, and while
   * another process is busy with the attempt. Charges of others are left alone.
   */
  async catchUp(provider: ProviderName, ref: string, attemptId: string | null): Promise<void> {
    const attempt =
      (await this.attempts.findByRef(provider, ref)) ??
      (attemptId === null ? null : await this.attempts.find(attemptId));
    if (!attempt || attempt.provider !== provider || isClosed(attempt.status)) return;
    if (!(await this.attempts.lease(attempt.id)))
      throw new OutcomeUnknownError('another process is busy with it');
    try {
      const method = await this.attempts.getMethod(attempt.paymentMethodId);
      const charge = chargeOf(attempt, method);
      const gateway = this.gateway(provider);
      const state = await gateway.retrieve(ref, charge);
      if (attempt.providerRef === null) await this.attempts.storeRef(attempt.id, ref, nextPollDelayMs(0, 0));
      if (attempt.providerRef === null || attempt.providerRef === ref) {
        await this.outcomes.apply(attempt.id, state, method);
      }
    } finally {
      await this.attempts.release(attempt.id);
    }
  }

  /** Ends an attempt whose money has not come, at its provider first. Answers what it had become. */
  async cancel(attemptId: string): Promise<PaymentAttempt> {
    const attempt = await this.get(attemptId);
    const method = await this.attempts.getMethod(attempt.paymentMethodId);
    if (isClosed(attempt.status)) return attempt;
    if (attempt.providerRef === null) return this.advance(attemptId);
    const charge = chargeOf(attempt, method);
    const state = await this.gateway(attempt.provider).cancel(attempt.providerRef, charge);
    return this.outcomes.apply(attempt.id, state, method);
  }

  /** What is our own fault is tried again for as long as it lasts. */
  private async advanceOrPostpone(attemptId: string): Promise<void> {
    try {
      await this.advance(attemptId);
    } catch (error) {
      this.logger.error(`payment ${attemptId} cannot be advanced: ${(error as Error).message}`);
      const { polls } = await this.get(attemptId);
      await this.attempts.notePoll(attemptId, nextPollDelayMs(polls, 0), null);
    }
  }

  private async step(attempt: PaymentAttempt): Promise<PaymentAttempt> {
    const gateway = this.gateway(attempt.provider);
    const method = await this.attempts.getMethod(attempt.paymentMethodId);
    const charge = chargeOf(attempt, method);
    const state =
      attempt.providerRef === null
        ? await this.begin(gateway, attempt, charge)
        : await this.resume(gateway, attempt.providerRef, attempt, charge);
    const after = await this.outcomes.apply(attempt.id, state, method);
    if (after.status === attempt.status && !isClosed(after.status)) await this.postpone(after, null);
    return after;
  }

  /** No object of the provider is known: make it, under the same key as ever, or find the one that was made. */
  private async begin(
    gateway: PaymentGateway,
    attempt: PaymentAttempt,
    charge: Charge,
  ): Promise<ChargeState> {
    const keyIsRemembered = nowMs() - attempt.createdAt.getTime() < KEY_TTL_MS;
    const ref = keyIsRemembered ? await gateway.open(charge) : await gateway.find(charge);
    if (ref === null) {
      return {
        status: 'failed',
        declined: false,
        code: 'never_submitted',
        message: 'The provider never received the payment.',
      };
    }
    await this.attempts.storeRef(attempt.id, ref, nextPollDelayMs(0, 0));
    return keyIsRemembered ? gateway.confirm(ref, charge) : this.resume(gateway, ref, attempt, charge);
  }

  private async resume(
    gateway: PaymentGateway,
    ref: string,
    attempt: PaymentAttempt,
    charge: Charge,
  ): Promise<ChargeState> {
    const state = await gateway.retrieve(ref, charge);
    if (state.status === 'unconfirmed') return gateway.confirm(ref, charge);
    const waited = nowMs() - attempt.createdAt.getTime();
    if (state.status === 'requires_action' && waited > ACTION_TTL_MS) return gateway.cancel(ref, charge);
    return state;
  }

  private async fail(attemptId: string, error: unknown): Promise<PaymentAttempt> {
    const attempt = await this.get(attemptId);
    if (error instanceof ChargeRefusedError) {
      const method = await this.attempts.getMethod(attempt.paymentMethodId);
      const { code, message } = error;
      const state: ChargeState = { status: 'failed', declined: false, code, message };
      return this.outcomes.apply(attemptId, state, method);
    }
    if (!(error instanceof OutcomeUnknownError)) throw error;
    this.logger.warn(`payment ${attemptId}: ${error.message}`);
    const after = await this.outcomes.markUnknown(attemptId, error.message);
    if (attempt.status === 'unknown' || attempt.status === 'requires_action')
      await this.postpone(after, error.message);
    return after;
  }

  private async postpone(attempt: PaymentAttempt, note: string | null): Promise<void> {
    const ageMs = nowMs() - attempt.createdAt.getTime();
    const delay = attempt.provider === 'invoice' ? null : nextPollDelayMs(attempt.polls + 1, ageMs);
    await this.attempts.notePoll(attempt.id, delay, note);
  }

  private async get(id: string): Promise<PaymentAttempt> {
    const attempt = await this.attempts.find(id);
    if (!attempt) throw new Error(`payment attempt ${id} vanished`);
    return attempt;
  }
}

const chargeOf = (attempt: PaymentAttempt, method: ChargedMethod): Charge => ({
  attemptId: attempt.id,
  organizationId: attempt.organizationId,
  amountMinor: attempt.amountMinor,
  currency: attempt.currency,
  methodRef: method.ref,
  customerRef: method.customerRef,
  createdAt: attempt.createdAt,
});
