import { invalidRequest } from '../../core/errors.js';
import type { NewPrice, PriceSituation } from './prices.repository.js';

const NEEDS_BASE = 'needs a standard price with tier_from 0, for the same customers and providers, by then';

/** Throws when a price would change the past, or would begin a group of tiers that has no lowest one. */
export function assertInOrder(situation: PriceSituation, { sku }: Pick<NewPrice, 'sku'>): void {
  const { nowMs, startsAtMs, latestStartMs, baseStartMs } = situation;
  if (latestStartMs !== null && startsAtMs <= latestStartMs) {
    const latest = new Date(latestStartMs).toISOString();
    throw invalidRequest(`valid_from must be after ${latest}, where the latest price begins`, 'valid_from');
  }
  // A millisecond of grace: what "now" means was cut to whole milliseconds.
  if (latestStartMs !== null && startsAtMs < Math.floor(nowMs)) {
    throw invalidRequest('valid_from must not lie in the past', 'valid_from');
  }
  const field = sku.serviceTier === 'standard' ? 'tier_from' : 'service_tier';
  const isBase = sku.tierFrom === 0 && sku.serviceTier === 'standard';
  if (!isBase && (baseStartMs === null || baseStartMs > startsAtMs)) {
    throw invalidRequest(`${field} ${NEEDS_BASE}`, field);
  }
}
