import { PriceSheet, type PriceVersion } from '../../catalog/price.js';
import { judgePriceOf, unitOf } from '../../catalog/prices/unit-price.js';
import { invalidRequest } from '../../core/errors.js';
import { asObject, tryParseJson } from '../../core/json.js';
import { parseUnitPrice } from '../../core/money.js';
import { TOKEN_CLASSES, type TokenClass } from '../../core/token-usage.js';

/** A price somebody wants to try. */
export interface TriedPrice {
  model: string;
  token_class: TokenClass;
  /** As a price is quoted: per 1M tokens, or per call for searches. */
  unit_price: string;
  /** Absent: 0. */
  tier_from?: number | undefined;
}

/** Tried prices out of a JSON text. Throws invalid_request naming the one that has not the form of a price. */
export function readTriedPrices(text: string): TriedPrice[] {
  const list = tryParseJson(text);
  if (!Array.isArray(list) || list.length === 0)
    throw invalidRequest('must be a JSON list of prices', 'prices');
  return list.map((item, index) => {
    const {
      model,
      token_class: named,
      unit_price: unitPrice,
      tier_from: tierFrom = 0,
    } = asObject(item) ?? {};
    const tokenClass = TOKEN_CLASSES.find((known) => known === named);
    const isWhole = typeof tierFrom === 'number' && Number.isSafeInteger(tierFrom) && tierFrom >= 0;
    if (typeof model !== 'string' || typeof unitPrice !== 'string' || tokenClass === undefined || !isWhole) {
      throw invalidRequest(
        'must have model, token_class, unit_price and perhaps tier_from',
        `prices.${index}`,
      );
    }
    return { model, token_class: tokenClass, unit_price: unitPrice, tier_from: tierFrom };
  });
}

/** The sheets of tried prices by model. Throws invalid_request naming the price that cannot be one. */
export function triedSheets(prices: readonly TriedPrice[], currency: string): Map<string, PriceSheet> {
  const versions = new Map<string, PriceVersion[]>();
  prices.forEach((price, index) => {
    const { model, token_class: tokenClass, unit_price: text, tier_from: tierFrom = 0 } = price;
    const reason = judgePriceOf(text, tokenClass);
    if (reason !== null) throw invalidRequest(`unit_price ${reason}`, `prices.${index}.unit_price`);
    const mine = versions.get(model) ?? [];
    if (mine.some((one) => one.tokenClass === tokenClass && one.tierFrom === tierFrom)) {
      throw invalidRequest('prices must not name the same twice', `prices.${index}`);
    }
    const unitPricePico = parseUnitPrice(text, unitOf(tokenClass));
    versions.set(model, [
      ...mine,
      { id: `tried-${index}`, tokenClass, tierFrom, unitPricePico, currency, validFromMs: -Infinity },
    ]);
  });
  prices.forEach(({ model, token_class: tokenClass }, index) => {
    const isWhole = versions.get(model)?.some((one) => one.tokenClass === tokenClass && one.tierFrom === 0);
    if (!isWhole) {
      throw invalidRequest('tier_from above 0 needs a price with tier_from 0', `prices.${index}.tier_from`);
    }
  });
  return new Map([...versions].map(([model, mine]) => [model, new PriceSheet(mine)]));
}
