import { isExactNumber, parseExactJson } from '../../core/exact-numbers.js';
import { addDays, dayAt, readCount, readDecimal, StatementError } from './statement.js';

/** An object of a vendor's JSON whose numbers are still text. */
export type Fields = Record<string, unknown>;

/** A bucket of a vendor's usage or cost report. */
export interface Bucket {
  fields: Fields;
  results: Fields[];
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The buckets of a report as the vendor's API answers it: a page, or a list of pages, in whatever order. Throws
 * StatementError when the text is no such JSON, or a page is missing at its end.
 */
export function readBuckets(text: string): Bucket[] {
  let parsed: unknown;
  try {
    parsed = parseExactJson(text);
  } catch {
    throw new StatementError('the file is not JSON');
  }
  const pages = Array.isArray(parsed) ? (parsed as unknown[]) : [parsed];
  if (pages.length === 0 || !pages.every((page) => isFields(page) && Array.isArray(page['data'])))
    throw new StatementError('the file must be a page {"data": […]} of the report, or a list of pages');
  if ((pages.at(-1) as Fields)['has_more'] === true)
    throw new StatementError('has_more is true: the next pages of the report are missing');
  return pages.flatMap((page) =>
    ((page as Fields)['data'] as unknown[]).map((fields) => {
      if (!isFields(fields) || !Array.isArray(fields['results']) || !fields['results'].every(isFields))
        throw new StatementError('every entry of data must have results');
      return { fields, results: fields['results'] };
    }),
  );
}

/** A text field; null when it is absent or null. */
export function textOf(fields: Fields, name: string): string | null {
  const value = fields[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw new StatementError(`${name} must be a text`);
  return value === '' ? null : value;
}

/** A count field; null when it is absent or null. */
export function countOf(fields: Fields, name: string): bigint | null {
  const value = fields[name];
  if (value === undefined || value === null) return null;
  if (!isExactNumber(value)) throw new StatementError(`${name} must be a number`);
  return readCount(value.exact, name);
}

/** A decimal field, a number or a text, in nano of a unit that has `places` decimals as nano. */
export function decimalOf(
  fields: Fields,
  name: string,
  places: number,
): { nano: bigint; roundingNano: bigint } {
  const value = fields[name];
  const text = isExactNumber(value) ? value.exact : value;
  if (typeof text !== 'string') throw new StatementError(`${name} must be a decimal`);
  return readDecimal(text, places);
}

/** The day a bucket is of; reports must be by day or finer, in buckets that stay within one day. */
export function dayOf(startMs: number, endMs: number): string {
  if (!Number.isFinite(startMs) || !Number.isFinite(endMs) || endMs <= startMs)
    throw new StatementError('a bucket has no start and end');
  const day = dayAt(startMs, 'a bucket');
  if (endMs > Date.parse(`${addDays(day, 1)}T00:00:00Z`))
    throw new StatementError('buckets must lie within one day (UTC)');
  return day;
}
