import { Injectable, Logger } from '@nestjs/common';
import { OutboxRepository, type TakenEntry } from './outbox.repository.js';

/** Does what an entry asks for. Must be safe to repeat; a failure is tried again later. */
export type OutboxHandler = (entry: TakenEntry) => Promise<void>;

const BATCH = 50;
const MIN_DELAY_MS = 5_000;
const MAX_DELAY_MS = 3_600_000;

/** Hands the entries of the outbox to those who registered for their topic. */
@Injectable()
export class OutboxDispatcher {
  private readonly logger = new Logger(OutboxDispatcher.name);
  private readonly handlers = new Map<string, OutboxHandler>();

  constructor(private readonly outbox: OutboxRepository) {}

  /** Throws when the topic has its handler already. */
  register(topic: string, handler: OutboxHandler): void {
    if (this.handlers.has(topic)) throw new Error(`outbox topic ${topic} has two handlers`);
    this.handlers.set(topic, handler);
  }

  /** Handles every entry that is due. Returns how many there were. */
  async run(): Promise<number> {
    let total = 0;
    for (;;) {
      const taken = await this.outbox.take([...this.handlers.keys()], BATCH);
      for (const entry of taken) await this.handle(entry);
      total += taken.length;
      if (taken.length < BATCH) return total;
    }
  }

  private async handle(entry: TakenEntry): Promise<void> {
    try {
      await this.handlers.get(entry.topic)?.(entry);
      await this.outbox.complete(entry.id);
    } catch (error) {
      const delayMs = Math.min(MIN_DELAY_MS * 2 ** entry.attempts, MAX_DELAY_MS);
      this.logger.warn(`${entry.topic} ${entry.dedupeKey} is tried again in ${delayMs} ms: ${String(error)}`);
      await this.outbox.postpone(entry.id, delayMs, String(error));
    }
  }
}
