import type { RowSource } from './copy-statement.js';
import type { ExportColumn } from './export-column.js';

/** A sum over a whole report: decimal text with all its places, in a currency. */
export interface ReportSum {
  name: string;
  currency: string;
  sum: string;
}

/** SQL of what the columns that name a currency add up to in one part of a report; empty when no column does. */
export function columnSumsSql(columns: readonly ExportColumn[], { with: common, from }: RowSource): string {
  const values = columns.flatMap(({ name, sql, scale = 0, currency }) =>
    currency === undefined
      ? []
      : [`('${name}', (${currency})::text, (${sql})::numeric, 0.${'0'.repeat(scale - 1)}1)`],
  );
  if (values.length === 0) return '';
  return `${common} select s.name, s.currency, (sum(s.units) * s.unit)::text as sum
    from ${from} cross join lateral (values ${values.join(', ')}) s(name, currency, units, unit)
    where s.units is not null and s.currency is not null group by s.name, s.currency, s.unit`;
}

/** Sums of parts added up, by name and currency. A name has the same number of decimals in every part. */
export function addSums(parts: readonly ReportSum[]): ReportSum[] {
  const totals = new Map<string, ReportSum>();
  for (const part of parts) {
    const key = `${part.name} ${part.currency}`;
    const before = totals.get(key);
    totals.set(key, before ? { ...part, sum: addDecimals(before.sum, part.sum) } : part);
  }
  const keyOf = ({ name, currency }: ReportSum) => `${name} ${currency}`;
  return [...totals.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Exact. Throws RangeError when the two have not as many decimals. */
function addDecimals(a: string, b: string): string {
  const places = (text: string) => text.length - text.indexOf('.') - 1;
  if (places(a) !== places(b)) throw new RangeError(`not the same decimals: ${a} and ${b}`);
  const units = BigInt(a.replace('.', '')) + BigInt(b.replace('.', ''));
  const digits = (units < 0n ? -units : units).toString().padStart(places(a) + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -places(a))}.${digits.slice(-places(a))}`;
}
