import { MoneyFormatError, parseUnitPrice, type PriceUnit } from '../../core/money.js';
import type { TokenClass } from '../../core/token-usage.js';

/** What a price of a class is quoted for: a search, a full-content result, or a million tokens. */
export const unitOf = (tokenClass: TokenClass): PriceUnit =>
  tokenClass.startsWith('search') ? 'per_call' : 'per_million';

/** The highest price of each unit: any number of tokens a call can have, at any multiplier, still fits a column. */
const HIGHEST: Record<PriceUnit, string> = { per_million: '1000000', per_call: '1000' };

/** The highest price of a class, in 1e-12 of the currency for one token or call. */
export const highestPico = (tokenClass: TokenClass): bigint =>
  parseUnitPrice(HIGHEST[unitOf(tokenClass)], unitOf(tokenClass));

/** Why a text is no price of any class; null when it may be one. */
export function judgeUnitPrice(value: unknown): string | null {
  if (typeof value !== 'string') return 'must be a decimal string such as "3.00"';
  // The most places and the highest price of all units: which of them hold is known with the class.
  return reasonAgainst(value, 'per_call', HIGHEST.per_million);
}

/** Why a text is no price of this class; null when it is one. */
export const judgePriceOf = (text: string, tokenClass: TokenClass): string | null =>
  reasonAgainst(text, unitOf(tokenClass), HIGHEST[unitOf(tokenClass)]);

function reasonAgainst(text: string, unit: PriceUnit, highest: string): string | null {
  if (text.startsWith('-')) return 'must not be negative';
  try {
    const isTooHigh = parseUnitPrice(text, unit) > parseUnitPrice(highest, unit);
    return isTooHigh ? `must be at most ${highest}` : null;
  } catch (error) {
    if (error instanceof MoneyFormatError) return error.message;
    throw error;
  }
}
