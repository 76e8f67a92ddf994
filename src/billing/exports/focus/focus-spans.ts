const named = (sql: string, name: string | undefined): string =>
  name === undefined ? sql : `${sql} as ${name}`;

/** SQL of the billing period of an instant: the one found as `period`, else its calendar month; start and end, named if given. */
export const monthSql = (period: string, at: string, [start, end]: string[] = []): string =>
  [
    named(`coalesce(${period}.starts_at, date_trunc('month', ${at}, 'UTC'))`, start),
    named(
      `coalesce(${period}.ends_at, (date_trunc('month', ${at}, 'UTC') at time zone 'UTC' + interval '1 month') at time zone 'UTC')`,
      end,
    ),
  ].join(', ');

/** SQL of the join that finds the billing period of an organization at an instant. */
export const periodAtSql = (period: string, organization: string, at: string): string =>
  `left join billing_period ${period} on ${period}.organization_id = ${organization} and ${period}.starts_at <= ${at} and ${period}.ends_at > ${at}`;

/** SQL of the second that an instant is in; start and end, named if given. */
export const secondSql = (at: string, [start, end]: string[] = []): string =>
  `${named(`date_trunc('second', ${at})`, start)}, ${named(`date_trunc('second', ${at}) + interval '1 second'`, end)}`;
