import { WHOLE_OF, type TokenClass } from '../../core/token-usage.js';

/** The forms of statement that can be read. */
export const STATEMENT_FORMATS = ['openai', 'anthropic', 'csv'] as const;
/** One of them. */
export type StatementFormat = (typeof STATEMENT_FORMATS)[number];

/** One figure of a provider: what it counted, or what it takes for it, or both. */
export interface StatedLine {
  /** UTC, `YYYY-MM-DD`. */
  day: string;
  /** The id the provider gave its answer; null: a sum of many calls. */
  ref: string | null;
  /** In the provider's words; null: of all models together. */
  model: string | null;
  /** Null: of all classes together. */
  tokenClass: TokenClass | null;
  /** Tokens or calls; null: not stated. */
  quantity: bigint | null;
  /** Nano; null: not stated. Negative: a credit. */
  costNano: bigint | null;
  /** By how much the provider's own rounding may have moved the cost, nano. */
  roundingNano: bigint;
}

/** Lines of what a provider counted of a model on a day; null and 0 are left out. No cost and no single call is stated. */
export const countedLines = (
  day: string,
  model: string | null,
  counts: readonly (readonly [TokenClass, bigint | null])[],
): StatedLine[] =>
  counts
    .filter(([, quantity]) => quantity !== null && quantity > 0n)
    .map(([tokenClass, quantity]) => ({
      day,
      ref: null,
      model,
      tokenClass,
      quantity,
      costNano: null,
      roundingNano: 0n,
    }));

/** In which class these lines count what our books have in a class: sound and images with the rest, unless they name them. */
export function statedClasses(lines: readonly StatedLine[]): (tokenClass: TokenClass) => TokenClass {
  const named = new Set(lines.map(({ tokenClass }) => tokenClass));
  return (tokenClass) => (named.has(tokenClass) ? tokenClass : (WHOLE_OF[tokenClass] ?? tokenClass));
}

/** A statement, read. */
export interface Statement {
  lines: StatedLine[];
  /** ISO 4217; null: no line states a cost. */
  currency: string | null;
  /** First and last day that the file speaks of, inclusive; days on which nothing is stated count. */
  firstDay: string;
  lastDay: string;
}

/** Says which place of a statement cannot be read, and why. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
}

/** No provider rounds to less than cents; "5" is five and no cent more. */
const HALF_CENT = 5_000_000n;

/** A decimal, with or without exponent, in nano: rounded half up, with half a unit of its last place as its own rounding. */
export function readDecimal(text: string, places: number): { nano: bigint; roundingNano: bigint } {
  const match = /^(-?)(\d{1,30})(?:\.(\d{0,40}))?(?:[eE]([+-]?\d{1,2}))?$/.exec(text.trim());
  if (!match) throw new StatementError(`"${text.slice(0, 40)}" is not a decimal`);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const shift = places + Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  const nano = shift >= 0 ? digits * 10n ** BigInt(shift) : halfUp(digits, 10n ** BigInt(-shift));
  if (nano > 9_223_372_036_854_775_807n) throw new StatementError(`"${text.slice(0, 40)}" is too large`);
  const half = shift > 0 ? 10n ** BigInt(shift) / 2n : 1n;
  const roundingNano = half < HALF_CENT ? half : HALF_CENT;
  return { nano: sign === '-' ? -nano : nano, roundingNano };
}

const halfUp = (value: bigint, divisor: bigint): bigint => (value + divisor / 2n) / divisor;

/** A count of a statement: a whole number from 0. */
export function readCount(text: string, what: string): bigint {
  if (!/^\d{1,18}$/.test(text)) throw new StatementError(`${what} must be a whole number from 0`);
  return BigInt(text);
}

/** The calendar day, UTC, of an instant of the years 2000 to 2999; throws for another. */
export function dayAt(ms: number, what: string): string {
  if (ms < Date.UTC(2000, 0) || ms >= Date.UTC(3000, 0))
    throw new StatementError(`${what} must lie in the years 2000 to 2999`);
  return new Date(ms).toISOString().slice(0, 10);
}

/** The day of an RFC 3339 time or a bare date; throws unless it exists. */
export function readDay(text: string, what: string): string {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(time);
  const ms = isTime ? Date.parse(time) : NaN;
  if (Number.isNaN(ms)) throw new StatementError(`${what} must be a date or an RFC 3339 time`);
  const day = dayAt(ms, what);
  if (time !== text && day !== text) throw new StatementError(`${what} is no day of the calendar`);
  return day;
}

/** Days, `YYYY-MM-DD`, moved by whole days. */
export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
