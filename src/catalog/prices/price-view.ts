import { publicId } from '../../core/ids.js';
import { formatNano, formatUnitPrice } from '../../core/money.js';
import { formatMultiplier } from '../groups/group.js';
import type { PriceRecord } from './prices.repository.js';
import { unitOf } from './unit-price.js';

/** A price as the admin API shows it. */
export type PriceView = ReturnType<typeof priceView>;

export const priceView = (record: PriceRecord) => ({
  id: publicId('price', record.id),
  object: 'price' as const,
  model: record.modelId,
  provider: record.providerSlug,
  organization: record.organizationId === null ? null : publicId('organization', record.organizationId),
  kind: record.kind,
  token_class: record.tokenClass,
  tier_from: record.tierFrom,
  service_tier: record.serviceTier,
  unit_price: formatUnitPrice(record.unitPricePico, unitOf(record.tokenClass)),
  unit: unitOf(record.tokenClass),
  package: record.package && {
    size: Number(record.package.size),
    price: formatNano(record.package.priceNano),
  },
  currency: record.currency,
  valid_from: record.validFrom.toISOString(),
  valid_to: record.validTo?.toISOString() ?? null,
  source: record.source,
  price_multiplier: formatMultiplier(record.multiplierPpm),
  base_price: record.baseId === null ? null : publicId('price', record.baseId),
  created_at: record.createdAt.toISOString(),
});
