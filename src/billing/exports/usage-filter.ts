/** What a report is about, and how it is cut into parts that are read one after another. */

/** What a row of usage is about: one call, or all of a day or month (UTC). */
export const GRANULARITIES = ['request', 'day', 'month'] as const;
/** One of them. */
export type Granularity = (typeof GRANULARITIES)[number];

/** Events recorded in `[from, to)` that match every filter given. Ids are UUIDs. */
export interface UsageFilter {
  from: Date;
  to: Date;
  organizationId?: string | undefined;
  projectId?: string | undefined;
  keyId?: string | undefined;
  /** The model's id. */
  model?: string | undefined;
  /** The provider's slug. */
  provider?: string | undefined;
}

/** A place in the order in which usage is recorded: the instant as PostgreSQL writes it, and an event's id. */
export interface Place {
  at: string;
  eventId: string;
}

/** Events behind `after`, up to and with `upTo`; absent: up to the end of the filter. */
export interface Slice {
  after: Place;
  upTo?: Place | undefined;
}

/** No id is smaller: a slice behind it begins with the instant itself. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** All of a filter as one slice. */
export const wholeOf = ({ from }: UsageFilter): Slice => ({
  after: { at: from.toISOString(), eventId: FIRST_ID },
});

/** The first instant behind the day or month (UTC) that an instant lies in. */
export function endOf(granularity: 'day' | 'month', at: Date): Date {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  return new Date(granularity === 'day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1));
}

/** A text as a literal of SQL: COPY takes no parameters. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The filter as conditions on `e`, a usage event. */
export function filterSql(filter: UsageFilter): string {
  const conditions = [
    `e.recorded_at >= ${literal(filter.from.toISOString())}`,
    `e.recorded_at < ${literal(filter.to.toISOString())}`,
  ];
  const equals = (column: string, value: string | undefined) => {
    if (value !== undefined) conditions.push(`${column} = ${literal(value)}`);
  };
  equals('e.organization_id', filter.organizationId);
  equals('e.project_id', filter.projectId);
  equals('e.api_key_id', filter.keyId);
  equals('e.model_id', filter.model);
  if (filter.provider !== undefined) {
    conditions.push(`e.provider_id = (select id from provider where slug = ${literal(filter.provider)})`);
  }
  return conditions.join(' and ');
}

/** The slice as a condition on `e`. */
export function sliceSql({ after, upTo }: Slice): string {
  const place = ({ at, eventId }: Place) => `(${literal(at)}::timestamptz, ${literal(eventId)}::uuid)`;
  const start = `(e.recorded_at, e.id) > ${place(after)}`;
  return upTo === undefined ? start : `${start} and (e.recorded_at, e.id) <= ${place(upTo)}`;
}
