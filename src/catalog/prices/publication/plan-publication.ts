import type { PriceRecord, Sku } from '../prices.repository.js';
import { highestPico } from '../unit-price.js';

/** A price that is to be published. */
export interface WantedPrice {
  sku: Sku;
  /** 1e-12 of the currency per token or call. */
  unitPricePico: bigint;
}

/** What becomes of each wanted price. */
export interface PublicationPlan {
  /** Lowest tiers first, because no tier may begin without the one from 0. */
  publish: WantedPrice[];
  /** Already in force, at this figure. */
  unchanged: WantedPrice[];
  /** Cannot take over at the wanted instant, with the reason. */
  refused: { wanted: WantedPrice; reason: string }[];
}

/**
 * Which wanted prices are new. `existing`: those that hold at the instant of the publication, or begin after it; one
 * that begins later stands in the way, because a price is never edited. Doing the same again publishes nothing.
 */
export function planPublication(
  wanted: readonly WantedPrice[],
  existing: readonly PriceRecord[],
  validFromMs: number,
): PublicationPlan {
  const plan: PublicationPlan = { publish: [], unchanged: [], refused: [] };
  const bySku = new Map<string, PriceRecord[]>();
  for (const price of existing) bySku.set(skuKey(price), [...(bySku.get(skuKey(price)) ?? []), price]);
  for (const price of wanted) {
    const others = bySku.get(skuKey(price.sku)) ?? [];
    const later = others.find(({ validFrom }) => validFrom.getTime() > validFromMs);
    const current = others.find(({ validFrom }) => validFrom.getTime() <= validFromMs);
    if (price.unitPricePico > highestPico(price.sku.tokenClass)) {
      plan.refused.push({ wanted: price, reason: 'the price is too large' });
    } else if (later) {
      const reason = `another price already begins at ${later.validFrom.toISOString()}`;
      plan.refused.push({ wanted: price, reason });
    } else if (current?.unitPricePico === price.unitPricePico) {
      plan.unchanged.push(price);
    } else if (current?.validFrom.getTime() === validFromMs) {
      plan.refused.push({ wanted: price, reason: 'another price already begins at this instant' });
    } else {
      plan.publish.push(price);
    }
  }
  plan.publish.sort((a, b) => rankOf(a.sku) - rankOf(b.sku));
  return plan;
}

/** What others rest on comes first: the standard price from 0. */
const rankOf = ({ tierFrom, serviceTier }: Sku): number => tierFrom + (serviceTier === 'standard' ? 0 : 0.5);

const skuKey = (sku: Sku): string =>
  [
    sku.kind,
    sku.modelId,
    sku.providerId,
    sku.organizationId,
    sku.tokenClass,
    sku.tierFrom,
    sku.serviceTier,
    sku.currency,
  ].join('|');
