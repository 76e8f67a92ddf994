import { MoneyFormatError, parseUnitPrice, type PriceUnit } from '../../core/money.js';
import type { TokenClass } from '../../core/token-usage.js';

/** What a price of a class is quoted for: a search, a full-content result, or a million tokens. */
export const unitOf = (tokenClass: TokenClass): PriceUnit =>
  tokenClass.startsWith('search') ? 'per_call' : 'per_million';

/** Why a text is no price of any class; null when it may be one. */
export function judgeUnitPrice(value: unknown): string | null {
  if (typeof value !== 'string') return 'must be a decimal string such as "3.00"';
  // A class with fewer places is judged once the class is known.
  const perCall = reasonAgainst(value, 'per_call');
  return perCall === null || reasonAgainst(value, 'per_million') === null ? null : perCall;
}

/** Why a text is no price of this class; null when it is one. */
export const judgePriceOf = (text: string, tokenClass: TokenClass): string | null =>
  reasonAgainst(text, unitOf(tokenClass));

function reasonAgainst(text: string, unit: PriceUnit): string | null {
  if (text.startsWith('-')) return 'must not be negative';
  try {
    parseUnitPrice(text, unit);
    return null;
  } catch (error) {
    if (error instanceof MoneyFormatError) return error.message;
    throw error;
  }
}
