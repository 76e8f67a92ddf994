/** Pure rules of fields: each answers null when the value is fine, else the rest of a sentence that says why not. */
import { nowMs } from '../../core/clock.js';
import { CURRENCIES } from '../../core/currency.js';
import { MoneyFormatError, parseNano } from '../../core/money.js';
import { isStorableText } from './storable.js';

export interface MoneyLimits {
  /** Smallest and largest allowed amount, as decimal text, inclusive. */
  min?: string;
  max?: string;
  /** More than zero. */
  positive?: boolean;
}

export function judgeMoney(value: unknown, limits: MoneyLimits = {}): string | null {
  if (typeof value !== 'string') return 'must be a decimal string such as "12.34"';
  let amount: bigint;
  try {
    amount = parseNano(value);
  } catch (error) {
    if (error instanceof MoneyFormatError) return error.message;
    throw error;
  }
  if (limits.positive && amount <= 0n) return 'must be more than 0';
  if (limits.min !== undefined && amount < parseNano(limits.min)) return `must be at least ${limits.min}`;
  if (limits.max !== undefined && amount > parseNano(limits.max)) return `must be at most ${limits.max}`;
  return null;
}

export interface TextLimits {
  /** Fewest and most characters; 1 and 200 when not said. */
  min?: number;
  max?: number;
  pattern?: RegExp;
  /** What the pattern asks for: "must be …". */
  form?: string;
}

export function judgeText(value: unknown, limits: TextLimits = {}): string | null {
  const { min = 1, max = 200, pattern, form } = limits;
  if (typeof value !== 'string') return 'must be a string';
  if (value.length > max) return `must have at most ${max} characters`;
  if (value.trim().length < min)
    return min === 1 ? 'must not be empty' : `must have at least ${min} characters`;
  if (!isStorableText(value)) return 'must not contain NUL or broken characters';
  if (pattern && !pattern.test(value)) return form ?? 'has the wrong form';
  return null;
}

export interface CountLimits {
  min?: number;
  max?: number;
}

/** The largest whole number that a column of four bytes holds. */
export const MAX_COUNT = 2_147_483_647;

export function judgeCount(value: unknown, { min = 0, max = MAX_COUNT }: CountLimits = {}): string | null {
  const fits = typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max;
  return fits ? null : `must be a whole number from ${min} to ${max}`;
}

export interface InstantLimits {
  /** Must lie in the future. */
  future?: boolean;
}

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const DAY_MS = 86_400_000;

export function judgeInstant(value: unknown, { future }: InstantLimits = {}): string | null {
  const match = typeof value === 'string' ? INSTANT.exec(value) : null;
  const at = match ? Date.parse(match[0].toUpperCase()) : Number.NaN;
  if (!match || Number.isNaN(at) || Number(match[3]) > daysOfMonth(Number(match[1]), Number(match[2]))) {
    return 'must be an RFC 3339 time such as "2027-01-31T00:00:00Z"';
  }
  if (at < Date.UTC(2000, 0)) return 'must not lie before the year 2000';
  if (at >= Date.UTC(10_000, 0)) return 'must not lie after the year 9999';
  return future && at <= nowMs() ? 'must lie in the future' : null;
}

/** Date.parse turns 30 February into a day of March; a caller who wrote that meant something else. */
const daysOfMonth = (year: number, month: number): number =>
  (Date.UTC(year, month, 1) - Date.UTC(year, month - 1, 1)) / DAY_MS;

/** A calendar day "2027-01-31" of the years 2000 to 9999, whatever the time zone. */
export function judgeDay(value: unknown): string | null {
  const match = typeof value === 'string' ? /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) : null;
  const [year, month, day] = (match?.slice(1) ?? []).map(Number);
  const isDay =
    year !== undefined &&
    month !== undefined &&
    day !== undefined &&
    year >= 2000 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysOfMonth(year, month);
  return isDay ? null : 'must be a day such as "2027-01-31"';
}

export interface StringMapLimits {
  maxPairs?: number;
}

export function judgeStringMap(value: unknown, { maxPairs = 16 }: StringMapLimits = {}): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'must be an object of strings';
  const pairs = Object.entries(value);
  if (pairs.length > maxPairs) return `must have at most ${maxPairs} members`;
  for (const [name, member] of pairs) {
    if (judgeText(name, { max: 40 }) !== null) return 'must have member names of 1 to 40 characters';
    const reason = judgeText(member, { min: 0, max: 500 });
    if (reason !== null) return `has a member "${name}" that ${reason}`;
  }
  return null;
}

const IN_CIRCULATION = new Set(CURRENCIES);

/** True for the code of a currency somebody can be charged in. */
export const isCurrency = (value: unknown): boolean => typeof value === 'string' && IN_CIRCULATION.has(value);

const REGIONS = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** True for the two capitals of an ISO 3166 country. */
export const isCountry = (value: unknown): boolean =>
  typeof value === 'string' && /^[A-Z]{2}$/.test(value) && value !== 'ZZ' && REGIONS.of(value) !== undefined;

/** Three letters are an abbreviation, which PostgreSQL does not know (AET) or takes for another place than ICU does (IST). */
const ABBREVIATION = /^(?!UTC$|GMT$)[A-Z]{3}$/i;

/** True for an IANA time zone of this runtime. An offset such as "+02:00" is none: it knows no summer time. */
export function isTimeZone(value: unknown): boolean {
  if (typeof value !== 'string' || !/^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(value)) return false;
  if (ABBREVIATION.test(value)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch {
    return false;
  }
}
