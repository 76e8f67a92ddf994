import { Injectable } from '@nestjs/common';
import { type FaregateError, invalidRequest } from '../../core/errors.js';
import { parsePublicId, publicId, uuidv7 } from '../../core/ids.js';
import { parseNano, parseUnitPrice, PICO_PER_NANO } from '../../core/money.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { listPage, readCursor, type ListPage } from '../../platform/http/list.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { CatalogService } from '../catalog.service.js';
import { parseMultiplier } from '../groups/group.js';
import { authorOf } from './price-author.js';
import { assertInOrder } from './price-order.js';
import { priceView, type PriceView } from './price-view.js';
import type { CreatePrice, ListPrices } from './prices.dto.js';
import { PricesRepository, type NewPrice, type Sku } from './prices.repository.js';
import { highestPico, judgePriceOf, unitOf } from './unit-price.js';

/** What admins do with prices: enter one that takes over, and read them. */
@Injectable()
export class PricesService {
  constructor(
    private readonly prices: PricesRepository,
    private readonly catalog: CatalogService,
  ) {}

  async create(actor: AdminActor, body: CreatePrice): Promise<PriceView> {
    const amount = readAmount(body);
    const sku = await this.getSku(body);
    const price = {
      id: uuidv7(),
      sku,
      ...amount,
      validFrom: body.valid_from ? new Date(body.valid_from).toISOString() : null,
      source: 'admin',
      createdBy: authorOf(actor),
    };
    const created = await this.prices.create(price, { actor, check: assertInOrder, view: priceView });
    await this.catalog.refresh().catch(() => undefined);
    return priceView(created);
  }

  /** Throws not_found. */
  async get(id: string): Promise<PriceView> {
    const found = await this.prices.find(id);
    if (!found) throw notFound('price', publicId('price', id));
    return priceView(found);
  }

  async list(query: ListPrices): Promise<ListPage<PriceView>> {
    const { limit, model, provider, organization } = query;
    const given = { modelId: model ?? '', organizationId: null, ...providerNames(provider) };
    const { providerId } = await this.prices.resolve(given);
    if (provider !== undefined && providerId === null) throw noSuchProvider();
    const organizationId = organization === undefined ? null : parsePublicId('organization', organization);
    const rows = await this.prices.list({
      afterId: readCursor(query.cursor, 'uuid'),
      limit,
      match: {
        ...(model === undefined ? {} : { modelId: model }),
        ...(query.kind === undefined ? {} : { kind: query.kind }),
        ...(query.token_class === undefined ? {} : { tokenClass: query.token_class }),
        providerId,
        organizationId,
      },
      currentOnly: query.current ?? false,
      multiplierPpm: parseMultiplier(query.price_multiplier ?? '1'),
    });
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem: priceView });
  }

  /** What the body prices. Throws invalid_request naming the field that refers to nothing. */
  private async getSku(body: CreatePrice): Promise<Sku> {
    const provider = body.provider ?? undefined;
    const organizationId = body.organization ? parsePublicId('organization', body.organization) : null;
    if (body.kind === 'cost') {
      if (provider === undefined) throw invalidRequest('provider is needed for a cost price', 'provider');
      if (organizationId !== null) {
        throw invalidRequest('organization must not be set on a cost price', 'organization');
      }
    }
    const found = await this.prices.resolve({
      modelId: body.model,
      organizationId,
      ...providerNames(provider),
    });
    if (!found.model) throw invalidRequest('model must be the id of a model', 'model');
    if (provider !== undefined && found.providerId === null) throw noSuchProvider();
    if (organizationId !== null && !found.organization) {
      throw invalidRequest('organization must be the id of an organization', 'organization');
    }
    if (body.package && found.billingMode !== 'postpaid') {
      throw invalidRequest(
        'organization must be a postpaid customer for a package: the rest of one is billed by invoice',
        'organization',
      );
    }
    return {
      kind: body.kind,
      modelId: body.model,
      providerId: found.providerId,
      organizationId,
      tokenClass: body.token_class,
      tierFrom: body.tier_from ?? 0,
      serviceTier: body.service_tier ?? 'standard',
      currency: body.currency,
    };
  }
}

/** What a unit costs, and what a package does when there is one. Throws invalid_request naming the field. */
function readAmount(body: CreatePrice): Pick<NewPrice, 'unitPricePico' | 'package'> {
  const { unit_price: unitPrice, package: ofPackage, token_class: tokenClass } = body;
  if (!ofPackage) {
    if (unitPrice === undefined) throw invalidRequest('unit_price is needed', 'unit_price');
    const reason = judgePriceOf(unitPrice, tokenClass);
    if (reason !== null) throw invalidRequest(`unit_price ${reason}`, 'unit_price');
    return { unitPricePico: parseUnitPrice(unitPrice, unitOf(tokenClass)) };
  }
  if (unitPrice !== undefined) {
    throw invalidRequest(
      'unit_price must be absent beside a package, whose price it follows from',
      'unit_price',
    );
  }
  if (body.kind !== 'list' || !body.organization) {
    throw invalidRequest('package is for contract prices: kind list, with an organization', 'package');
  }
  const size = BigInt(ofPackage.size);
  const priceNano = parseNano(ofPackage.price);
  const pico = priceNano * PICO_PER_NANO;
  if (pico % size !== 0n) {
    throw invalidRequest(
      'package.price divided by its size must be a whole number of 1e-12',
      'package.price',
      'price_not_exact',
    );
  }
  if (pico / size > highestPico(tokenClass)) {
    throw invalidRequest('package.price divided by its size is more than a price may be', 'package.price');
  }
  return { unitPricePico: pico / size, package: { size, priceNano } };
}

const providerNames = (provider: string | undefined) => ({
  providerId: provider === undefined ? null : parsePublicId('provider', provider),
  slug: provider ?? null,
});

const noSuchProvider = (): FaregateError =>
  invalidRequest('provider must be the slug or id of a provider', 'provider');
