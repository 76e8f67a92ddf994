import { publicId } from '../../../core/ids.js';

/** open: takes usage. closing: takes none any more, and what it took is being posted. closed: can be invoiced. */
export const PERIOD_STATUSES = ['open', 'closing', 'closed'] as const;
/** Where a period stands. */
export type PeriodStatus = (typeof PERIOD_STATUSES)[number];

/** A billing period of an organization; half-open. */
export interface Period {
  /** UUID. */
  id: string;
  organizationId: string;
  startsAt: Date;
  /** First instant no longer in it. */
  endsAt: Date;
  status: PeriodStatus;
  closedAt: Date | null;
}

/** A period as the API shows it. */
export const showPeriod = (period: Period) => ({
  object: 'billing_period' as const,
  id: publicId('period', period.id),
  organization: publicId('organization', period.organizationId),
  starts_at: period.startsAt.toISOString(),
  ends_at: period.endsAt.toISOString(),
  status: period.status,
  closed_at: period.closedAt?.toISOString() ?? null,
});

/** What stopping a period found; see begin_closing in the database. */
export type ClosingOutcome = PeriodStatus | 'not_ended';
