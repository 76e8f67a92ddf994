import { writtenSql, type ExportColumn, type Notation } from './export-column.js';

/** Where the values of a report's columns come from: everything behind `from`, and the order of the rows. */
export interface RowSource {
  /** Common table expressions, with `with`; may be empty. */
  with: string;
  from: string;
  order: string;
}

/** How PostgreSQL puts rows into bytes. */
type CopyFormat = Notation;

/**
 * JSON holds no raw control character, so with these two as delimiter and quote nothing of it is ever quoted: each
 * row is one line of JSON as it is.
 */
const JSON_COPY = `(format csv, delimiter e'\\x02', quote e'\\x01')`;

/** The COPY statement that writes the rows of a source in a notation, without a header. */
export function copyStatement(
  columns: readonly ExportColumn[],
  source: RowSource,
  format: CopyFormat,
): string {
  const list = columns.map((column) => `${writtenSql(column, format)} as "${column.name}"`).join(', ');
  const select = `${source.with} select ${list} from ${source.from} order by ${source.order}`;
  switch (format) {
    case 'csv':
      return `copy (${select}) to stdout (format csv)`;
    case 'csv-semicolon':
      return `copy (${select}) to stdout (format csv, delimiter ';')`;
    case 'json':
      return `copy (${source.with} select row_to_json(written_row)::text from (select ${list} from ${source.from} order by ${source.order}) written_row)
        to stdout ${JSON_COPY}`;
    case 'plain':
    case 'unscaled':
      return `copy (${select}) to stdout`;
  }
}

/** A statement that counts the rows of a source, no further than one above `limit`. */
export const countStatement = (source: RowSource, limit: number): string =>
  `${source.with} select count(*)::float8 as rows from (select 1 from ${source.from} limit ${limit + 1}) counted`;
