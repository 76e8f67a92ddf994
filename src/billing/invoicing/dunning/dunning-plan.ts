/**
 * When an unpaid invoice is charged again, and when its customer's keys stop. Days of 24 hours, as Stripe's retries
 * of a subscription: at once, and 1, 3 and 7 days later; the keys stop 14 days after the invoice was due.
 */
const DAY_MS = 86_400_000;
const RETRY_DAYS = [1, 2, 4] as const;
/** Days of 24 hours after the due date at which keys stop. */
export const SUSPEND_AFTER_DAYS = 14;

/** An unpaid invoice at the moment its timer ran out. */
export interface OverdueInvoice {
  /** Charges tried so far. */
  tries: number;
  dueAt: Date;
  /** By the database's clock. */
  now: Date;
  /** Whether there is a card to charge; without one, a transfer is waited for. */
  chargeable: boolean;
  /** Whether the keys have stopped for it already. */
  suspended: boolean;
}

/** What to do now, and when to look again. */
export type DunningStep = { kind: 'collect' } | { kind: 'remind' | 'suspend' | 'wait'; again: Date };

/** When the customer's keys stop. */
export const suspensionAt = (dueAt: Date): Date => new Date(dueAt.getTime() + SUSPEND_AFTER_DAYS * DAY_MS);

/**
 * The next step of an invoice that is not paid. Once the keys have stopped, a card that can be charged – a new one,
 * since the third decline in a row ends the use of a card – is charged at the daily look.
 */
export function dunningStep({ tries, dueAt, now, chargeable, suspended }: OverdueInvoice): DunningStep {
  const tomorrow = new Date(now.getTime() + DAY_MS);
  if (suspended) return chargeable ? { kind: 'collect' } : { kind: 'wait', again: tomorrow };
  if (now >= suspensionAt(dueAt)) return { kind: 'suspend', again: tomorrow };
  if (chargeable && tries <= RETRY_DAYS.length) return { kind: 'collect' };
  return { kind: 'remind', again: suspensionAt(dueAt) };
}

/** When to try again after so many tries have failed; not later than the keys stop, never in the past. */
export function retryAt({ tries, dueAt, now, suspended }: Omit<OverdueInvoice, 'chargeable'>): Date {
  if (suspended) return new Date(now.getTime() + DAY_MS);
  const days = RETRY_DAYS[tries - 1];
  const last = suspensionAt(dueAt);
  const next = days === undefined ? last : new Date(now.getTime() + days * DAY_MS);
  if (next > last && last > now) return last;
  return next > now ? next : now;
}
