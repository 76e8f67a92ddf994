import type { RowSource } from '../copy-statement.js';
import type { ExportColumn } from '../export-column.js';

/** Text that somebody chose: a name, a description. */
export const text = (name: string, sql = name): ExportColumn => ({ name, kind: 'text', sql });
/** Our own words and ids. */
export const id = (name: string, sql = name): ExportColumn => ({ name, kind: 'id', sql });
export const time = (name: string, sql = name): ExportColumn => ({ name, kind: 'time', sql });
export const whole = (name: string, sql = name): ExportColumn => ({ name, kind: 'integer', sql });
/** Money: nano in SQL, 9 decimals in the file, summed up by its currency for the manifest. */
export const money = (name: string, sql = name, currency = 'currency'): ExportColumn => ({
  name,
  kind: 'decimal',
  scale: 9,
  sql,
  wide: true,
  currency,
});

/** SQL of nano out of minor units of a document: exact. */
export const minorSql = (column: string, document: string): string =>
  `${document}.${column}::numeric * power(10::numeric, 9 - ${document}.minor_exp)::bigint`;

/** What the columns of money of a report add up to over all its parts, by currency. */
export function columnSums(columns: readonly ExportColumn[], parts: readonly RowSource[]): string {
  const values = columns.flatMap(({ name, sql, scale = 0, currency }) =>
    currency === undefined
      ? []
      : [`('${name}', (${currency})::text, (${sql})::numeric, 0.${'0'.repeat(scale - 1)}1)`],
  );
  const sums = parts.map(
    (part) => `select * from (${part.with} select s.name, s.currency, s.unit, sum(s.units) as units
      from ${part.from} cross join lateral (values ${values.join(', ')}) s(name, currency, units, unit)
      where s.units is not null and s.currency is not null group by s.name, s.currency, s.unit) part`,
  );
  return `select name, currency, (sum(units) * unit)::text as sum from (${sums.join(' union all ')}) summed
    group by name, currency, unit order by name, currency`;
}
