/** A column of an exported file: what it is called, what it holds and where its value comes from. */

/**
 * What a column holds decides how it is written, never what a value looks like:
 *  - text: somebody else chose it, so it is disarmed where a spreadsheet would run it
 *  - id: our own words and numbers
 *  - time: an instant (UTC); flag: true or false
 *  - integer; decimal: a whole number of the unit `10^-scale`
 */
export type ColumnKind = 'text' | 'id' | 'time' | 'flag' | 'integer' | 'decimal';

/** A column: its name in the file, what it holds, and the SQL of its value. */
export interface ExportColumn {
  name: string;
  kind: ColumnKind;
  /** Decimal places; only of a decimal. */
  scale?: number;
  /** SQL over the fields of the source. A decimal's is its unscaled whole number, a time's a timestamptz. */
  sql: string;
  /** Known only of a single call; days and months do without it. */
  ofRequest?: boolean;
  /** A decimal that may need more than 18 digits. */
  wide?: boolean;
  /** SQL of the currency a decimal of money is in; only where the column is to be summed up for the manifest. */
  currency?: string;
}

/** How a file is written; `plain` is for writers that give each value a type of their own. */
export type Notation = 'csv' | 'csv-semicolon' | 'json' | 'plain' | 'unscaled';

/**
 * Text that a spreadsheet would take for a formula (OWASP ASVS 5, 1.2.10): `=`, `+`, `-`, `@`, tab or line end, also in
 * full width, also after spaces of any sort. An advanced regular expression of PostgreSQL.
 */
const FORMULA_SQL = String.raw`'^[\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff]*[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]'`;

/** SQL that puts an apostrophe before what a spreadsheet would run. */
export const disarmed = (sql: string): string =>
  `case when ${sql} ~ ${FORMULA_SQL} then '''' || ${sql} else ${sql} end`;

/** SQL of a column's value in a notation: text, null where there is none. */
export function writtenSql(column: ExportColumn, notation: Notation): string {
  const { kind, sql } = column;
  switch (kind) {
    case 'text':
      return notation.startsWith('csv') ? disarmed(sql) : sql;
    case 'id':
      return sql;
    case 'time':
      return timeSql(sql, notation);
    case 'flag':
      return notation === 'json' ? sql : `case when ${sql} then 'true' when not ${sql} then 'false' end`;
    case 'integer':
      return `(${sql})::text`;
    case 'decimal':
      return decimalSql(column, notation);
  }
}

function timeSql(sql: string, notation: Notation): string {
  if (notation === 'unscaled') return `(extract(epoch from ${sql}) * 1000)::bigint`;
  return `to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** Multiplied by a power of ten a whole number gets exactly that many decimals; nothing is rounded. */
function decimalSql({ sql, scale = 0 }: ExportColumn, notation: Notation): string {
  if (notation === 'unscaled') return `(${sql})::text`;
  const text = `((${sql}) * 0.${'0'.repeat(scale - 1)}1)::text`;
  return notation === 'csv-semicolon' ? `replace(${text}, '.', ',')` : text;
}
