import { Injectable } from '@nestjs/common';
import { ActionBox } from '../payments/action-box.service.js';
import { ChargingService } from '../payments/charging.service.js';
import type { PaymentAttempt } from '../payments/payment-attempt.js';
import { PaymentAttemptsRepository } from '../payments/payment-attempts.repository.js';
import { topUpView, type TopUp, type TopUpView } from './top-up.js';
import type { OrderedTopUp } from './top-ups.service.js';
import { TopUpsService } from './top-ups.service.js';

/** Top-ups together with the payments that collect them. */
@Injectable()
export class TopUpPayments {
  constructor(
    private readonly topUps: TopUpsService,
    private readonly attempts: PaymentAttemptsRepository,
    private readonly charging: ChargingService,
    private readonly actions: ActionBox,
  ) {}

  /** Asks for the money and answers what came of it so far. */
  async collect({ topUp, attemptId }: OrderedTopUp): Promise<TopUpView> {
    if (attemptId !== null) await this.charging.advance(attemptId);
    return this.show(await this.topUps.get(topUp.organizationId, topUp.id));
  }

  /** With what the payer still has to do. */
  async show(topUp: TopUp): Promise<TopUpView> {
    const attempt = await this.attemptOf(topUp);
    if (attempt?.status !== 'requires_action') return topUpView(topUp, attempt);
    const sealed = await this.attempts.findAction(attempt.id);
    return topUpView(topUp, attempt, sealed && this.actions.open(attempt.id, sealed));
  }

  /** Each with its key in the list. */
  async showAll(topUps: readonly TopUp[]): Promise<{ key: string; view: TopUpView }[]> {
    const shown: { key: string; view: TopUpView }[] = [];
    for (const topUp of topUps)
      shown.push({ key: topUp.id, view: topUpView(topUp, await this.attemptOf(topUp)) });
    return shown;
  }

  private async attemptOf(topUp: TopUp): Promise<PaymentAttempt | null> {
    const filter = {
      organizationId: topUp.organizationId,
      purposeId: topUp.id,
      beforeId: undefined,
      limit: 1,
    };
    return (await this.attempts.list(filter))[0] ?? null;
  }
}
