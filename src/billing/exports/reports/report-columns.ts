import type { ExportColumn } from '../export-column.js';

/** Text that somebody chose: a name, a description. */
export const text = (name: string, sql = name): ExportColumn => ({ name, kind: 'text', sql });
/** Our own words and ids. */
export const id = (name: string, sql = name): ExportColumn => ({ name, kind: 'id', sql });
/** An instant, written in UTC. */
export const time = (name: string, sql = name): ExportColumn => ({ name, kind: 'time', sql });
/** A whole number. */
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
