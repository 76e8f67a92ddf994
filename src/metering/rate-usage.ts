import type { PriceSheet } from '../catalog/price.js';
import { roundPicoToNano } from '../core/money.js';
import {
  billableQuantities,
  inputTotal,
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

export interface RatedUsage {
  lines: RatedLine[];
  ratedPico: bigint;
  /** Sum of the lines' rounded amounts: what the call costs. */
  amountNano: bigint;
}

/** Classes that may be priced by another class's price when they have none of their own. */
const STAND_INS: Partial<Record<TokenClass, TokenClass>> = {
  cache_read: 'input',
  cache_write_5m: 'input',
  cache_write_1h: 'cache_write_5m',
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

/**
 * Usage × prices, in integers. The tier is chosen by all input tokens of the call: those of the usage, unless it is
 * a part of one. A class without a price is
 * left out: admission refuses models that lack an input or output price, so what is left out here can only be
 * a class the model never priced.
 */
export function rateUsage(
  usage: TokenUsage,
  sheet: PriceSheet,
  inputTokens = inputTotal(usage) ?? 0,
): RatedUsage {
  const rated: RatedUsage = { lines: [], ratedPico: 0n, amountNano: 0n };
  for (const [tokenClass, quantity] of billableQuantities(usage)) {
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
