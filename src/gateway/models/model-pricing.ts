import type { PriceSheet } from '../../catalog/price.js';
import { formatPico, formatUnitPrice } from '../../core/money.js';
import { TOKEN_CLASSES, type TokenClass } from '../../core/token-usage.js';

/** The lowest prices of a model over those who serve it, in pico of `currency` per token (per call for searches). */
export interface LowestPrices {
  /** ISO 4217. */
  currency: string;
  /** Classes that somebody sells. */
  byClass: ReadonlyMap<TokenClass, bigint>;
}

/** OpenRouter's names of the classes that have one there. */
const OPENROUTER_NAMES: Partial<Record<TokenClass, string>> = {
  input: 'prompt',
  output: 'completion',
  cache_read: 'input_cache_read',
  cache_write_5m: 'input_cache_write',
  image_input: 'image',
  audio_input: 'audio',
  search: 'web_search',
};

/** Cortecs' names. */
const CORTECS_NAMES: Partial<Record<TokenClass, string>> = {
  input: 'input_token',
  output: 'output_token',
  cache_read: 'cache_read_cost',
  cache_write_5m: 'cache_write_cost',
};

/** For each class the lowest price of a small call on any of the sheets. */
export function lowestPrices(sheets: readonly PriceSheet[], currency: string): LowestPrices {
  const byClass = new Map<TokenClass, bigint>();
  for (const tokenClass of TOKEN_CLASSES) {
    for (const sheet of sheets) {
      const pico = sheet.priceOf(tokenClass, 0)?.unitPricePico;
      const lowest = byClass.get(tokenClass);
      if (pico !== undefined && (lowest === undefined || pico < lowest)) byClass.set(tokenClass, pico);
    }
  }
  return { currency, byClass };
}

/** Decimal texts per token (per call for searches), under our own names and under OpenRouter's. */
export function standardPricing({ currency, byClass }: LowestPrices): Record<string, string> {
  const pricing: Record<string, string> = { currency };
  for (const [tokenClass, pico] of byClass) {
    pricing[tokenClass] = formatPico(pico);
    const name = OPENROUTER_NAMES[tokenClass];
    if (name !== undefined) pricing[name] = formatPico(pico);
  }
  return pricing;
}

/** Numbers per million tokens, as Cortecs lists them. */
export function cortecsPricing({ currency, byClass }: LowestPrices): Record<string, string | number> {
  const pricing: Record<string, string | number> = { currency };
  for (const [tokenClass, pico] of byClass) {
    const name = CORTECS_NAMES[tokenClass];
    if (name !== undefined) pricing[name] = Number(formatUnitPrice(pico, 'per_million'));
  }
  return pricing;
}
