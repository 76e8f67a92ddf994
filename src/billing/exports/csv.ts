/** CSV as RFC 4180 says: comma, CRLF, quotes doubled. */

/** How a column's values are written; only `text` can hold what somebody else chose. */
export type CellKind = 'text' | 'number' | 'time' | 'flag' | 'id';

/**
 * Text that a spreadsheet would take for a formula (OWASP ASVS 5, 1.2.10): `=`, `+`, `-`, `@`, tab or carriage
 * return, also in full width, also after spaces.
 */
const FORMULA = /^[\p{Zs}\ufeff\0]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/u;

/** One cell. A formula in a text column gets a leading apostrophe; other kinds are never touched. */
export function csvCell(value: string, kind: CellKind): string {
  const safe = kind === 'text' && FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One record with its line end. */
export const csvRecord = (cells: readonly string[]): string => `${cells.join(',')}\r\n`;
