import type Stripe from 'stripe';
import { ATTEMPT_KEY } from './stripe-charge-state.js';

/** What an event is about. The object is always read again; what the event says of it is a hint and nothing more. */
export type EventSubject = 'charge' | 'refund' | 'dispute' | 'method' | 'payout';

const SUBJECTS: Readonly<Record<string, EventSubject>> = {
  'payment_intent.succeeded': 'charge',
  'payment_intent.payment_failed': 'charge',
  'payment_intent.processing': 'charge',
  'payment_intent.requires_action': 'charge',
  'payment_intent.canceled': 'charge',
  'refund.created': 'refund',
  'refund.updated': 'refund',
  'refund.failed': 'refund',
  'charge.refund.updated': 'refund',
  'charge.dispute.created': 'dispute',
  'charge.dispute.updated': 'dispute',
  'charge.dispute.closed': 'dispute',
  'charge.dispute.funds_withdrawn': 'dispute',
  'charge.dispute.funds_reinstated': 'dispute',
  'payout.created': 'payout',
  'payout.updated': 'payout',
  'payout.paid': 'payout',
  'payout.failed': 'payout',
  'payout.canceled': 'payout',
  'payment_method.detached': 'method',
  'payment_method.updated': 'method',
  'payment_method.automatically_updated': 'method',
};

/** What an event of this type is about; null: nothing of ours. */
export const subjectOf = (type: string): EventSubject | null => SUBJECTS[type] ?? null;

/** An event as the inbox keeps it. */
export interface InboxEvent {
  eventId: string;
  type: string;
  objectId: string;
  /** UUID of our attempt when the object carries it; the only way to an intent whose name got lost. */
  attemptId: string | null;
  occurredAt: Date;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What the inbox keeps of an event; null when it is about nothing of ours. */
export function toInboxEvent(event: Stripe.Event): InboxEvent | null {
  const object = event.data.object as { id?: unknown; metadata?: Record<string, string> | null };
  if (subjectOf(event.type) === null || typeof object.id !== 'string') return null;
  const attempt = object.metadata?.[ATTEMPT_KEY];
  return {
    eventId: event.id,
    type: event.type,
    objectId: object.id,
    attemptId: attempt !== undefined && UUID.test(attempt) ? attempt : null,
    occurredAt: new Date(event.created * 1_000),
  };
}
