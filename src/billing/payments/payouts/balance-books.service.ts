import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { nanoPerMinor } from '../../../core/currency.js';
import { LedgerService } from '../../ledger/ledger.service.js';
import { PaymentAttemptsRepository } from '../payment-attempts.repository.js';
import { PaymentTraces } from '../payment-traces.service.js';
import { journalsOf, type MatchedSubject } from './balance-journals.js';
import { BalanceRepository, type StoredMovement } from './balance.repository.js';

/** Finds what a movement of the balance is of, and books what the books do not have of it yet. */
@Injectable()
export class BalanceBooks {
  constructor(
    private readonly balance: BalanceRepository,
    private readonly ledger: LedgerService,
    private readonly attempts: PaymentAttemptsRepository,
    private readonly traces: PaymentTraces,
  ) {}

  /** Inside the caller's transaction. False, and nothing is done, while it is not open or our books do not know its object. `creditId`: the paid
   * credit (UUID) that was given for it, of the same amount and currency. */
  async book(
    client: PoolClient,
    ref: string,
    subject: MatchedSubject['subject'],
    creditId?: string,
  ): Promise<boolean> {
    const movement = await this.balance.lockOpen(client, ref);
    if (!movement) return false;
    const matched = await this.balance.match(client, subject, creditId ?? movement.sourceRef);
    if (!matched) return false;
    if (matched.booked?.currency === movement.currency && matched.booked.amountNano !== movement.amountNano)
      return false;
    if (subject === 'payment' && matched.booked?.currency === movement.currency)
      await this.bookLateFee(client, matched.id ?? '', movement);
    await this.balance.setSubject(client, ref, matched);
    const journals = journalsOf(movement, matched);
    await this.ledger.record(
      client,
      journals.map(({ key, ...journal }) => ({
        ...journal,
        idempotencyKey: key,
        organizationId: null,
        legalEntityId: matched.legalEntityId,
        walletId: null,
        description: `${movement.type} ${movement.sourceRef ?? ''} (${ref})`,
      })),
    );
    return true;
  }

  /** Stripe may say what it keeps of a payment only after it succeeded. */
  private async bookLateFee(client: PoolClient, attemptId: string, movement: StoredMovement): Promise<void> {
    const feeMinor = movement.feeNano / nanoPerMinor(movement.currency);
    if (!(await this.balance.setFee(client, attemptId, feeMinor))) return;
    await this.traces.recordFee(client, await this.attempts.lock(client, attemptId));
  }
}
