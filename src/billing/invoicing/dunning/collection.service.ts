import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { publicId } from '../../../core/ids.js';
import { Database } from '../../../platform/database/database.service.js';
import type { AdminActor } from '../../../platform/http/access.decorator.js';
import { ChargingService } from '../../payments/charging.service.js';
import type { PaymentAttempt } from '../../payments/payment-attempt.js';
import { PaymentPurposes, type PurposeHandler } from '../../payments/payment-purposes.service.js';
import { CollectionStepService } from './collection-step.service.js';
import { DunningRepository } from './dunning.repository.js';

/** Invoices a scheduled run looks at before it looks again. */
const BATCH = 100;

/**
 * Collects invoices that are due, and reminds, tries again and stops keys when they are not paid. The timer of an
 * invoice is a column, so that nothing is forgotten; the charge itself is a payment attempt, of which an invoice has
 * one at a time.
 */
@Injectable()
export class CollectionService implements PurposeHandler, OnModuleInit {
  private readonly logger = new Logger(CollectionService.name);

  constructor(
    private readonly database: Database,
    private readonly purposes: PaymentPurposes,
    private readonly charging: ChargingService,
    private readonly dunning: DunningRepository,
    private readonly steps: CollectionStepService,
  ) {}

  onModuleInit(): void {
    this.purposes.register('invoice', this);
  }

  /** Takes the next step with every invoice whose timer has run out; returns with how many. */
  async run(): Promise<number> {
    let done = 0;
    for (const id of await this.dunning.listDue(BATCH)) {
      try {
        await this.take(id);
        done += 1;
      } catch (error) {
        this.logger.error(`invoice ${publicId('invoice', id)} not collected: ${(error as Error).message}`);
      }
    }
    return done;
  }

  /** Charges an invoice now, whatever its timer says. Throws what ordering a payment throws. */
  async charge(id: string, actor: AdminActor): Promise<PaymentAttempt> {
    const attempt = await this.database.transaction((client) => this.steps.orderFor(client, id, actor));
    return this.charging.advance(attempt.id);
  }

  paid(client: PoolClient, attempt: PaymentAttempt): Promise<void> {
    return this.steps.paid(client, attempt);
  }

  notPaid(client: PoolClient, attempt: PaymentAttempt): Promise<void> {
    return this.steps.notPaid(client, attempt.purposeId);
  }

  /** Nothing to do: the attempt itself keeps a second one from being made. */
  async unknown(): Promise<void> {}

  private async take(id: string): Promise<void> {
    const attempt = await this.database.transaction((client) => this.steps.next(client, id));
    if (attempt) await this.charging.advance(attempt.id);
  }
}
