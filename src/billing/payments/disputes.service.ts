import { Injectable } from '@nestjs/common';
import { assertExists } from '../../platform/http/assert-exists.js';
import { Database } from '../../platform/database/database.service.js';
import { ChargingService } from './charging.service.js';
import type { Dispute } from './dispute.js';
import { DisputeBooks } from './dispute-books.service.js';
import { DisputesRepository } from './disputes.repository.js';
import { PaymentAttemptsRepository } from './payment-attempts.repository.js';
import { OutcomeUnknownError, type ProviderName } from './payment-gateway.js';

/** Follows disputes at payment providers. */
@Injectable()
export class DisputesService {
  constructor(
    private readonly database: Database,
    private readonly attempts: PaymentAttemptsRepository,
    private readonly disputes: DisputesRepository,
    private readonly books: DisputeBooks,
    private readonly charging: ChargingService,
  ) {}

  /**
   * A provider reported on a dispute: reads it again. The news of the payment itself may still be on its way, so that
   * is asked for first. Throws OutcomeUnknownError when the provider does not answer.
   */
  async sync(provider: ProviderName, ref: string): Promise<void> {
    const facts = await this.charging.gateway(provider).retrieveDispute(ref);
    if (facts === null) return;
    await this.charging.catchUp(provider, facts.chargeRef, null);
    const known = await this.attempts.findByRef(provider, facts.chargeRef);
    if (!known) return;
    await this.database.transaction(async (client) => {
      const attempt = await this.attempts.lock(client, known.id);
      if (attempt.status !== 'succeeded')
        throw new OutcomeUnknownError(`payment ${attempt.id} is ${attempt.status}`);
      await this.books.apply(client, attempt, facts);
    });
  }

  /** Disputes of a payment, newest first. Throws not_found. */
  async list(attemptId: string): Promise<Dispute[]> {
    const disputes = await this.disputes.listOf(attemptId);
    if (disputes.length === 0) await assertExists(this.database, 'payment', attemptId);
    return disputes;
  }
}
