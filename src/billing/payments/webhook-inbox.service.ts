import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type Stripe from 'stripe';
import { StripeEventHandlers } from './stripe-event-handlers.service.js';
import { toInboxEvent } from './stripe-events.js';
import { WebhookInboxRepository, type TakenEvent } from './webhook-inbox.repository.js';

const BATCH = 50;
const MIN_DELAY_MS = 5_000;
const MAX_DELAY_MS = 10 * 60_000;

/** Takes events in and does their work, each at least once and with the effect of once. */
@Injectable()
export class WebhookInbox implements BeforeApplicationShutdown {
  private readonly logger = new Logger(WebhookInbox.name);
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly events: WebhookInboxRepository,
    private readonly handlers: StripeEventHandlers,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.allSettled(this.running);
  }

  /**
   * Keeps an event and starts its work, which the answer to Stripe does not wait for. One that was seen before, or
   * that is about nothing of ours, does nothing.
   */
  async receive(event: Stripe.Event): Promise<void> {
    const kept = toInboxEvent(event);
    if (kept === null || !(await this.events.add(kept))) return;
    const work = this.processOne(kept.eventId).finally(() => this.running.delete(work));
    this.running.add(work);
  }

  /** Does the work of every event that is due. Returns how many there were. */
  async processDue(): Promise<number> {
    let total = 0;
    for (;;) {
      const taken = await this.events.takeDue(BATCH);
      for (const event of taken) await this.process(event);
      total += taken.length;
      if (taken.length < BATCH) return total;
    }
  }

  private async processOne(eventId: string): Promise<void> {
    try {
      const event = await this.events.take(eventId);
      if (event) await this.process(event);
    } catch (error) {
      this.logger.warn(`event ${eventId} is left to the worker: ${String(error)}`);
    }
  }

  private async process(event: TakenEvent): Promise<void> {
    try {
      await this.handlers.handle(event);
      await this.events.complete(event.eventId);
    } catch (error) {
      const delayMs = Math.min(MIN_DELAY_MS * 2 ** event.attempts, MAX_DELAY_MS);
      this.logger.warn(
        `event ${event.eventId} (${event.type}) is tried again in ${delayMs} ms: ${String(error)}`,
      );
      await this.events.postpone(event.eventId, delayMs, String(error));
    }
  }
}
