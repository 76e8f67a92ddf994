import type { PriceSheet } from '../catalog/price.js';
import { roundPicoToNano } from '../core/money.js';
import {
  billableQuantities,
  inputTotal,
  WHOLE_OF,
  type ServiceTier,
  type TokenClass,
  type TokenUsage,
} from '../core/token-usage.js';

/** One priced token class of a call. */
export interface RatedLine {
  tokenClass: TokenClass;
  quantity: number;
  priceVersionId: string;
  /** 1e-12 of a major unit per unit of quantity. */
  unitPricePico: bigint;
  /** Exactly quantity × unitPricePico. */
  ratedPico: bigint;
  /** ratedPico rounded half up, once. */
  amountNano: bigint;
}

/** A usage with its price, one line for each class that was used. */
export interface RatedUsage {
  lines: RatedLine[];
  /** Exact price, pico of the price's currency. */
  ratedPico: bigint;
  /** Sum of the lines' rounded amounts, nano: what the call costs. */
  amountNano: bigint;
}

/** Classes that may be priced by another class's price when they have none of their own. */
const STAND_INS: Readonly<Partial<Record<TokenClass, TokenClass>>> = {
  cache_read: 'input',
  cache_write_5m: 'input',
  cache_write_1h: 'cache_write_5m',
  ...WHOLE_OF,
};

/** The price of a class at a context size and service tier: its own, or its stand-in's; undefined when neither exists. */
export function priceFor(
  sheet: PriceSheet,
  tokenClass: TokenClass,
  { inputTokens, serviceTier }: { inputTokens: number; serviceTier?: ServiceTier | undefined },
) {
  for (let wanted: TokenClass | undefined = tokenClass; wanted !== undefined; wanted = STAND_INS[wanted]) {
    const price = sheet.priceOf(wanted, inputTokens, serviceTier);
    if (price) return price;
  }
  return undefined;
}

/** What a usage is rated by beside a sheet of prices. */
export interface RatingScope {
  /** Input tokens of the call, by which the tier is chosen; absent: those of the usage. */
  inputTokens?: number | undefined;
  /** A second sheet: what has a price of its own in either is a line of its own. */
  beside?: PriceSheet | undefined;
}

/**
 * Usage × prices, in integers. The tier is chosen by all input tokens of the call: those of the usage, unless it is a part
 * of one. Sound and images are lines of their own where they have a price of their own. A class without a price is left out:
 * admission refuses models that lack an input or output price, so what is left out here can only be a class the model
 * never priced.
 */
export function rateUsage(
  usage: TokenUsage,
  sheet: PriceSheet,
  { inputTokens = inputTotal(usage) ?? 0, beside }: RatingScope = {},
): RatedUsage {
  const isApart = (name: TokenClass): boolean => sheet.has(name) || beside?.has(name) === true;
  const rated: RatedUsage = { lines: [], ratedPico: 0n, amountNano: 0n };
  for (const [tokenClass, quantity] of billableQuantities(usage, isApart)) {
    const price = priceFor(sheet, tokenClass, { inputTokens, serviceTier: usage.serviceTier });
    if (!price) continue;
    const ratedPico = BigInt(quantity) * price.unitPricePico;
    const amountNano = roundPicoToNano(ratedPico);
    rated.lines.push({
      tokenClass,
      quantity,
      priceVersionId: price.id,
      unitPricePico: price.unitPricePico,
      ratedPico,
      amountNano,
    });
    rated.ratedPico += ratedPico;
    rated.amountNano += amountNano;
  }
  return rated;
}
