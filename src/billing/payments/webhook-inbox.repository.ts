import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';
import type { InboxEvent } from './stripe-events.js';

interface Row {
  event_id: string;
  type: string;
  object_id: string;
  attempt_id: string | null;
  occurred_at: Date;
  attempts: number;
}

/** An event whose work is to be done. */
export interface TakenEvent extends InboxEvent {
  /** How often it was tried before. */
  attempts: number;
}

const TAKE = `update webhook_inbox set next_at = billing_now() + interval '1 minute', attempts = attempts + 1
  where provider = 'stripe' and processed_at is null and`;
const RETURNING = 'returning event_id, type, object_id, attempt_id, occurred_at, attempts - 1 as attempts';

/** Events of Stripe, each once: the primary key is the event's id. */
@Injectable()
export class WebhookInboxRepository {
  constructor(private readonly database: Database) {}

  /** True when it is new. The worker looks at it if this process does not get to it within ten seconds. */
  async add(event: InboxEvent): Promise<boolean> {
    const rows = await this.database.query(
      `insert into webhook_inbox (provider, event_id, type, object_id, attempt_id, occurred_at, next_at)
       values ('stripe', $1, $2, $3, $4, $5, billing_now() + interval '10 seconds') on conflict do nothing returning 1`,
      [event.eventId, event.type, event.objectId, event.attemptId, event.occurredAt],
    );
    return rows.length > 0;
  }

  /** Takes one event for a minute; null when it was processed. */
  async take(eventId: string): Promise<TakenEvent | null> {
    const rows = await this.database.query<Row>(`${TAKE} event_id = $1 ${RETURNING}`, [eventId]);
    return rows[0] ? toEvent(rows[0]) : null;
  }

  /** Takes events that are due, oldest first. */
  async takeDue(limit: number): Promise<TakenEvent[]> {
    const rows = await this.database.query<Row>(
      `${TAKE} event_id = any (array(select event_id from webhook_inbox where provider = 'stripe' and processed_at is null
         and next_at <= billing_now() order by next_at limit $1 for update skip locked)) ${RETURNING}`,
      [limit],
    );
    return rows.map(toEvent);
  }

  async complete(eventId: string): Promise<void> {
    await this.database.query(
      `update webhook_inbox set processed_at = billing_now(), last_error = null where provider = 'stripe' and event_id = $1`,
      [eventId],
    );
  }

  async postpone(eventId: string, delayMs: number, error: string): Promise<void> {
    await this.database.query(
      `update webhook_inbox set next_at = billing_now() + make_interval(secs => $2::double precision / 1000), last_error = $3
       where provider = 'stripe' and event_id = $1`,
      [eventId, delayMs, error.slice(0, 500)],
    );
  }

  /** When the newest event happened; null: none came yet. */
  async findNewest(): Promise<Date | null> {
    const [row] = await this.database.query<{ at: Date | null }>(
      `select max(occurred_at) as at from webhook_inbox where provider = 'stripe'`,
    );
    return row?.at ?? null;
  }
}

const toEvent = (row: Row): TakenEvent => ({
  eventId: row.event_id,
  type: row.type,
  objectId: row.object_id,
  attemptId: row.attempt_id,
  occurredAt: row.occurred_at,
  attempts: row.attempts,
});
