import { Injectable } from '@nestjs/common';
import { FaregateError, invalidRequest } from '../../../core/errors.js';
import { parsePublicId, publicId, uuidv7 } from '../../../core/ids.js';
import { formatUnitPrice } from '../../../core/money.js';
import { TOKEN_CLASSES } from '../../../core/token-usage.js';
import type { AdminActor } from '../../../platform/http/access.decorator.js';
import { CatalogService } from '../../catalog.service.js';
import { authorOf } from '../price-author.js';
import { assertInOrder } from '../price-order.js';
import { priceView } from '../price-view.js';
import { PricesRepository, type PriceRecord, type Sku } from '../prices.repository.js';
import { unitOf } from '../unit-price.js';
import { adjustedPrice } from './adjusted-price.js';
import { planPublication, type PublicationPlan, type WantedPrice } from './plan-publication.js';
import type { PublishPrices } from './publications.dto.js';

/** Time to write a whole list before it takes over. */
const LEAD_MS = 1_000;
/** How many refusals an answer names. */
const NAMED = 5;

/** Who publishes, from when on, and where the figures come from. */
export interface Publication {
  actor: AdminActor;
  /** RFC 3339. */
  validFrom: string;
  source: string;
  dryRun: boolean;
}

/** Turns a base price list with a markup or a discount into prices that take over, all of them or none. */
@Injectable()
export class PublicationsService {
  constructor(
    private readonly prices: PricesRepository,
    private readonly catalog: CatalogService,
  ) {}

  async publish(actor: AdminActor, body: PublishPrices) {
    const { currency, base: kind, adjustment_ppm: ppm } = body;
    const base = await this.getProvider(body.base_provider, 'base_provider');
    if (kind === 'cost' && base === null)
      throw invalidRequest('base_provider is needed for cost', 'base_provider');
    const target = { kind: 'list' as const, currency, ...(await this.getTarget(body)) };
    const unknown = body.token_classes?.find((name) => !TOKEN_CLASSES.includes(name));
    if (unknown !== undefined) throw invalidRequest(`token_classes has an unknown class`, 'token_classes');
    const validFrom = this.instantOf(body.valid_from);
    const group = { kind, currency, providerId: base, organizationId: null };
    const bases = (await this.prices.listGroup(group, { at: validFrom })).filter(
      ({ modelId, tokenClass }) =>
        (body.models?.includes(modelId) ?? true) && (body.token_classes?.includes(tokenClass) ?? true),
    );
    assertBases(body, bases);
    const wanted = adjustAll(bases, target, ppm);
    const source = `${base === null ? '' : `${body.base_provider} `}${kind} ${ppm < 0 ? '' : '+'}${ppm} ppm`;
    const dryRun = body.dry_run ?? false;
    const { plan, created } = await this.put(wanted, target, { actor, validFrom, source, dryRun });
    return {
      object: 'price_publication' as const,
      valid_from: validFrom,
      dry_run: dryRun,
      published: dryRun ? plan.publish.map(showWanted) : created.map(priceView),
      unchanged: plan.unchanged.map(showWanted),
      refused: plan.refused.map(({ wanted: price, reason }) => ({ ...showWanted(price), reason })),
    };
  }

  /**
   * Stores wanted prices of one group that are not in force yet. A dry run stores nothing and reports what stands in
   * the way; otherwise that is refused with conflict, and nothing is stored.
   */
  async put(
    wanted: readonly WantedPrice[],
    group: Pick<Sku, 'kind' | 'providerId' | 'organizationId' | 'currency'>,
    { actor, validFrom, source, dryRun }: Publication,
  ): Promise<{ plan: PublicationPlan; created: PriceRecord[] }> {
    const existing = await this.prices.listGroup(group, { at: validFrom, orLater: true });
    const plan = planPublication(wanted, existing, Date.parse(validFrom));
    if (dryRun) return { plan, created: [] };
    const [refused] = plan.refused;
    if (refused) {
      const { modelId, tokenClass } = refused.wanted.sku;
      const words = `${modelId} ${tokenClass}: ${refused.reason}; ${plan.refused.length} refused, nothing was published.`;
      throw new FaregateError('conflict', words, { param: 'valid_from', code: 'price_conflict' });
    }
    const rows = plan.publish.map((price) => ({
      ...price,
      id: uuidv7(),
      validFrom,
      source,
      createdBy: authorOf(actor),
    }));
    const created =
      rows.length === 0
        ? []
        : await this.prices.createAll(rows, { actor, check: assertInOrder, view: priceView });
    await this.catalog.refresh().catch(() => undefined);
    return { plan, created };
  }

  /** The instant given, or a moment from now by the database's clock, so that all prices take over together. */
  instantOf(given: string | null | undefined): string {
    return new Date(given ? Date.parse(given) : this.catalog.databaseNowMs() + LEAD_MS).toISOString();
  }

  /** The UUID of a provider by slug or id; null when none was named. Throws invalid_request. */
  async getProvider(name: string | null | undefined, field: string): Promise<string | null> {
    if (!name) return null;
    const { providerId } = await this.prices.resolve({
      modelId: '',
      organizationId: null,
      providerId: parsePublicId('provider', name),
      slug: name,
    });
    if (providerId === null) throw invalidRequest(`${field} must be the slug or id of a provider`, field);
    return providerId;
  }

  private async getTarget(body: PublishPrices): Promise<Pick<Sku, 'providerId' | 'organizationId'>> {
    const organizationId = body.organization ? parsePublicId('organization', body.organization) : null;
    const providerId = await this.getProvider(body.provider, 'provider');
    if (organizationId !== null) {
      const given = { modelId: '', providerId: null, slug: null, organizationId };
      if (!(await this.prices.resolve(given)).organization) {
        throw invalidRequest('organization must be the id of an organization', 'organization');
      }
    }
    return { providerId, organizationId };
  }
}

/** Throws when a model that was asked for has no base price, or none has. */
function assertBases({ models }: PublishPrices, bases: readonly PriceRecord[]): void {
  const missing = models?.filter((model) => !bases.some(({ modelId }) => modelId === model)) ?? [];
  if (missing.length > 0) {
    const names = missing.slice(0, NAMED).join(', ');
    throw invalidRequest(`models has some without a base price at valid_from: ${names}`, 'models');
  }
  if (bases.length === 0) throw invalidRequest('base has no prices at valid_from', 'base');
}

/** Throws invalid_request that names the prices which are no whole pico any more. */
function adjustAll(bases: readonly PriceRecord[], target: Partial<Sku>, ppm: number): WantedPrice[] {
  const inexact: string[] = [];
  const wanted = bases.map(
    ({ kind, modelId, providerId, organizationId, tokenClass, tierFrom, serviceTier, ...price }) => {
      const sku = {
        kind,
        modelId,
        providerId,
        organizationId,
        tokenClass,
        tierFrom,
        serviceTier,
        currency: price.currency,
      };
      const unitPricePico = adjustedPrice(price.unitPricePico, ppm);
      if (unitPricePico === undefined) {
        inexact.push(
          `${modelId} ${tokenClass} (${formatUnitPrice(price.unitPricePico, unitOf(tokenClass))})`,
        );
      }
      return { sku: { ...sku, ...target }, unitPricePico: unitPricePico ?? 0n };
    },
  );
  if (inexact.length === 0) return wanted;
  throw invalidRequest(
    `adjustment_ppm makes ${inexact.length} of ${bases.length} prices inexact: ${inexact.slice(0, NAMED).join(', ')}`,
    'adjustment_ppm',
    'price_not_exact',
  );
}

const showWanted = ({ sku, unitPricePico }: WantedPrice) => ({
  object: 'price' as const,
  model: sku.modelId,
  organization: sku.organizationId === null ? null : publicId('organization', sku.organizationId),
  kind: sku.kind,
  token_class: sku.tokenClass,
  tier_from: sku.tierFrom,
  service_tier: sku.serviceTier,
  unit_price: formatUnitPrice(unitPricePico, unitOf(sku.tokenClass)),
  unit: unitOf(sku.tokenClass),
  currency: sku.currency,
});
