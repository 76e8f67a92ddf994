import type { PriceSheet } from '../../catalog/price.js';
import { roundPicoToNano } from '../../core/money.js';
import type { ServiceTier, TokenClass } from '../../core/token-usage.js';

/** A line of a past charge, as far as its price goes. */
export interface PastLine {
  organizationId: string;
  modelId: string;
  providerId: string;
  /** ISO 4217. */
  currency: string;
  tokenClass: TokenClass;
  /** The class whose price it was charged at: its own, or the one that stood in for it. */
  pricedAs: TokenClass;
  /** Parts per million of the list price that its key's group paid. */
  multiplierPpm: number;
  /** All input tokens of its call, which choose the tier. */
  inputTokens: number;
  /** The tier its vendor said it served in; null: not said. */
  serviceTier: ServiceTier | null;
  /** Tokens or calls; below zero on a reversal. */
  quantity: bigint;
  /** Its price, rounded once; what the house bore is in it. */
  amountNano: bigint;
}

/** Sums of lines of one organization, model and class under the prices they had and under others. */
export interface PreviewSum {
  organizationId: string;
  modelId: string;
  tokenClass: TokenClass;
  currency: string;
  quantity: bigint;
  /** The part of the quantity that keeps its price because the other prices have none for it. */
  keptQuantity: bigint;
  amountNano: bigint;
  previewNano: bigint;
}

/** What a line would have been charged; undefined when the sheet has no price for it. A reversal is the negative. */
export function rerate(line: PastLine, sheet: PriceSheet | undefined): bigint | undefined {
  const tier = line.serviceTier ?? 'standard';
  const price =
    sheet?.priceOf(line.tokenClass, line.inputTokens, tier) ??
    sheet?.priceOf(line.pricedAs, line.inputTokens, tier);
  if (!price) return undefined;
  return line.quantity < 0n
    ? -roundPicoToNano(-line.quantity * price.unitPricePico)
    : roundPicoToNano(line.quantity * price.unitPricePico);
}

/** Folds lines as they come; holds one sum for each organization, model, class and currency, and nothing else. */
export class PreviewFold {
  private readonly sums = new Map<string, PreviewSum>();

  /** `sheetOf`: the other prices for a line's customer, model and provider. */
  constructor(private readonly sheetOf: (line: PastLine) => PriceSheet | undefined) {}

  add(line: PastLine): void {
    const { organizationId, modelId, tokenClass, currency } = line;
    const key = [organizationId, modelId, tokenClass, currency].join('|');
    const sum = this.sums.get(key) ?? {
      organizationId,
      modelId,
      tokenClass,
      currency,
      quantity: 0n,
      keptQuantity: 0n,
      amountNano: 0n,
      previewNano: 0n,
    };
    this.sums.set(key, sum);
    const other = rerate(line, this.sheetOf(line));
    sum.quantity += line.quantity;
    sum.amountNano += line.amountNano;
    sum.previewNano += other ?? line.amountNano;
    if (other === undefined) sum.keptQuantity += line.quantity;
  }

  /** Every sum, by organization, model and class. */
  finish(): PreviewSum[] {
    return [...this.sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
  }
}
