/**
 * Every queue of the money walk, what its jobs carry, and when it wakes by itself. Jobs are wake-ups: the work is
 * found in PostgreSQL, so a job that is lost, doubled or late changes no figure.
 */
export const BILLING_QUEUES = {
  rollup: 'billing-rollup',
  holdSweep: 'billing-hold-sweep',
  creditExpiry: 'billing-credit-expiry',
  periodClose: 'billing-period-close',
  finalization: 'billing-finalization',
  collection: 'billing-collection',
  corrections: 'billing-corrections',
  audit: 'billing-audit',
  cleanup: 'billing-cleanup',
  payments: 'billing-payments',
  autoTopUp: 'billing-auto-top-up',
  notifications: 'billing-notifications',
  exports: 'billing-exports',
  probes: 'billing-probes',
} as const;

/** The name of a queue, as BullMQ knows it. */
export type BillingQueue = (typeof BILLING_QUEUES)[keyof typeof BILLING_QUEUES];

/** The payload of every job: nothing. */
export type WakeUp = Record<string, never>;

/** When a queue wakes by itself: every so many milliseconds, or at a time of day (UTC). */
export interface Schedule {
  queue: BillingQueue;
  /** Names the schedule inside its queue. */
  id: string;
  repeat: { every: number } | { pattern: string; tz: 'UTC' };
}

/** When each queue wakes by itself; there are no other schedules. */
export const BILLING_SCHEDULES: readonly Schedule[] = [
  { queue: BILLING_QUEUES.rollup, id: 'every-2-seconds', repeat: { every: 2_000 } },
  { queue: BILLING_QUEUES.holdSweep, id: 'every-30-seconds', repeat: { every: 30_000 } },
  { queue: BILLING_QUEUES.creditExpiry, id: 'every-minute', repeat: { every: 60_000 } },
  { queue: BILLING_QUEUES.periodClose, id: 'every-minute', repeat: { every: 60_000 } },
  { queue: BILLING_QUEUES.finalization, id: 'every-minute', repeat: { every: 60_000 } },
  { queue: BILLING_QUEUES.collection, id: 'every-minute', repeat: { every: 60_000 } },
  { queue: BILLING_QUEUES.corrections, id: 'every-minute', repeat: { every: 60_000 } },
  { queue: BILLING_QUEUES.payments, id: 'every-5-seconds', repeat: { every: 5_000 } },
  { queue: BILLING_QUEUES.notifications, id: 'every-5-seconds', repeat: { every: 5_000 } },
  { queue: BILLING_QUEUES.exports, id: 'every-5-seconds', repeat: { every: 5_000 } },
  { queue: BILLING_QUEUES.autoTopUp, id: 'every-5-seconds', repeat: { every: 5_000 } },
  { queue: BILLING_QUEUES.probes, id: 'every-minute', repeat: { every: 60_000 } },
  { queue: BILLING_QUEUES.audit, id: 'nightly', repeat: { pattern: '0 3 * * *', tz: 'UTC' } },
  { queue: BILLING_QUEUES.cleanup, id: 'daily', repeat: { pattern: '30 3 * * *', tz: 'UTC' } },
];

/** Wake-ups leave nothing behind, done or failed: what they found undone, the next one finds. */
export const WAKE_UP_OPTIONS = { removeOnComplete: true, removeOnFail: true, attempts: 1 } as const;

/** Throws unless each queue has exactly one processor and each processor one of the queues. */
export function assertOneProcessorEach(queues: readonly string[], processors: readonly string[]): void {
  const faults = [
    ...queues.flatMap((queue) => {
      const count = processors.filter((name) => name === queue).length;
      return count === 1 ? [] : [`queue ${queue} has ${count} processors`];
    }),
    ...processors
      .filter((name) => !queues.includes(name))
      .map((name) => `processor of an unknown queue ${name}`),
  ];
  if (faults.length > 0) throw new Error(faults.join('; '));
}
