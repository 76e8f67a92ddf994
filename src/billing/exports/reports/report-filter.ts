import { literal } from '../usage-filter.js';

/** What a finance report is about. */
export interface ReportFilter {
  /** Inclusive; what only looks at an instant has it equal to `to`. */
  from: Date;
  /** Exclusive. */
  to: Date;
  /** UUIDs; absent: all. */
  organizationId?: string | undefined;
  legalEntityId?: string | undefined;
}

/** An instant as a literal of SQL. */
export const at = (instant: Date): string => `${literal(instant.toISOString())}::timestamptz`;

/** `and` with what keeps other customers and sellers out, given the columns that name them. */
export function ownersSql(
  { organizationId, legalEntityId }: ReportFilter,
  columns: { organization: string; legalEntity: string },
): string {
  const conditions = [
    organizationId === undefined ? '' : ` and ${columns.organization} = ${literal(organizationId)}::uuid`,
    legalEntityId === undefined ? '' : ` and ${columns.legalEntity} = ${literal(legalEntityId)}::uuid`,
  ];
  return conditions.join('');
}
