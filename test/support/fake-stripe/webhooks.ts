import Stripe from 'stripe';
import { newId } from './objects.js';

/** An event as Stripe sends it. */
export interface FakeEvent {
  id: string;
  object: 'event';
  api_version: string;
  created: number;
  livemode: boolean;
  type: string;
  pending_webhooks: number;
  request: { id: null; idempotency_key: null };
  data: { object: object };
}

const stripe = new Stripe('sk_test_only_for_signing');

/** Events of the fake, and how they are delivered: when the test says, twice, shuffled, or never. */
export class WebhookScheduler {
  readonly events: FakeEvent[] = [];
  private readonly waiting: FakeEvent[] = [];

  constructor(private readonly secret: string) {}

  add(type: string, object: object, createdMs: number): void {
    const event: FakeEvent = {
      id: newId('evt'),
      object: 'event',
      api_version: Stripe.API_VERSION,
      created: Math.floor(createdMs / 1_000),
      livemode: false,
      type,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      data: { object: structuredClone(object) },
    };
    this.events.push(event);
    this.waiting.push(event);
  }

  /** Forgets what has not been delivered: as if it got lost. */
  drop(): void {
    this.waiting.length = 0;
  }

  /** Delivers what waits in this order; answers the statuses. */
  async deliver(
    url: string,
    arrange: (events: FakeEvent[]) => FakeEvent[] = (events) => events,
  ): Promise<number[]> {
    const events = arrange(this.waiting.splice(0));
    const statuses: number[] = [];
    for (const event of events) statuses.push((await this.send(url, event)).status);
    return statuses;
  }

  /** One signed delivery; `over` forges what it says of itself. */
  send(
    url: string,
    event: object,
    over: { secret?: string; timestamp?: number; header?: string; tamper?: boolean } = {},
  ): Promise<Response> {
    const payload = JSON.stringify(event);
    const header =
      over.header ??
      stripe.webhooks.generateTestHeaderString({
        payload,
        secret: over.secret ?? this.secret,
        ...(over.timestamp !== undefined && { timestamp: over.timestamp }),
      });
    return fetch(`${url}/webhooks/stripe`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'stripe-signature': header },
      body: over.tamper ? payload.replace('"livemode":false', '"livemode":false ') : payload,
    });
  }
}
