import { Injectable } from '@nestjs/common';
import { invalidRequest } from '../../core/errors.js';
import { parsePublicId, publicId, uuidv7 } from '../../core/ids.js';
import { parseNano } from '../../core/money.js';
import { EU_COUNTRIES, isEuVatId } from '../../core/vat-id.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { listPage, readCursor, type ListPage } from '../../platform/http/list.js';
import type { ListQuery } from '../../platform/http/list.dto.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { readBudget } from '../budgets/budget.js';
import { givenFields } from '../given-fields.js';
import { namedProviders, readRoutingDefaults } from '../routing-defaults.dto.js';
import { CatalogNamesRepository } from '../catalog-names.repository.js';
import { OrganizationsRepository } from './organizations.repository.js';
import {
  balanceView,
  organizationView,
  type Organization,
  type OrganizationSettings,
  type OrganizationView,
} from './organization.js';
import type { CreateOrganizationDto, UpdateOrganizationDto } from './organizations.dto.js';

@Injectable()
export class OrganizationsService {
  constructor(
    private readonly organizations: OrganizationsRepository,
    private readonly names: CatalogNamesRepository,
  ) {}

  /** An organization with its billing account and an empty wallet. */
  async create(actor: AdminActor, body: CreateOrganizationDto): Promise<OrganizationView> {
    const given = await this.read(body);
    const created = await this.organizations.create(actor, {
      id: uuidv7(),
      currency: body.currency ?? 'USD',
      name: body.name,
      compatibility: given.compatibility ?? 'standard',
      timezone: given.timezone ?? 'UTC',
      billingMode: given.billingMode ?? 'prepaid',
      creditLimitNano: given.creditLimitNano ?? 0n,
      status: given.status ?? 'active',
      defaultPaymentMethodId: null,
      routingDefaults: given.routingDefaults ?? {},
      rateLimits: given.rateLimits ?? {},
      country: given.country ?? null,
      vatId: given.vatId ?? null,
      budget: given.budget ?? null,
    });
    return organizationView(created);
  }

  async update(actor: AdminActor, id: string, body: UpdateOrganizationDto): Promise<OrganizationView> {
    const changes = await this.read(body);
    if (body.default_payment_method !== undefined) {
      changes.defaultPaymentMethodId =
        body.default_payment_method && parsePublicId('paymentMethod', body.default_payment_method);
    }
    return organizationView(await this.organizations.update(actor, id, changes));
  }

  async get(id: string): Promise<OrganizationView> {
    return organizationView(await this.getOrganization(id));
  }

  /** Throws not_found. */
  async getOrganization(id: string): Promise<Organization> {
    const organization = await this.organizations.find(id);
    if (organization === null) throw notFound('organization', publicId('organization', id));
    return organization;
  }

  async list({ limit, cursor }: ListQuery): Promise<ListPage<OrganizationView>> {
    const rows = await this.organizations.list({ beforeId: readCursor(cursor, 'uuid'), limit: limit + 1 });
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem: organizationView });
  }

  async balance(id: string) {
    const wallet = await this.organizations.findWallet(id);
    if (wallet === null) throw notFound('organization', publicId('organization', id));
    return balanceView(wallet);
  }

  /** The fields a body carries, in the words of the domain. */
  private async read(
    body: CreateOrganizationDto | UpdateOrganizationDto,
  ): Promise<Partial<OrganizationSettings>> {
    for (const [param, slugs] of namedProviders(body.routing_defaults))
      await this.names.assertProviders(slugs, param);
    assertVatId(body.tax);
    if (body.timezone !== undefined && !(await this.organizations.knowsTimeZone(body.timezone)))
      throw invalidRequest('timezone must be an IANA time zone such as "Europe/Berlin"', 'timezone');
    return givenFields<OrganizationSettings>({
      name: body.name,
      compatibility: body.compatibility,
      timezone: body.timezone,
      billingMode: body.billing_mode,
      creditLimitNano: body.credit_limit === undefined ? undefined : parseNano(body.credit_limit),
      status: body.status,
      routingDefaults: readRoutingDefaults(body.routing_defaults),
      rateLimits: body.rate_limits,
      budget: readBudget(body.budget),
      country: body.tax === undefined ? undefined : (body.tax?.country ?? null),
      vatId: body.tax === undefined ? undefined : (body.tax?.vat_id ?? null),
    });
  }
}

/** An id of a member state must have the form of that state's; elsewhere there is no form to check. */
function assertVatId(tax: CreateOrganizationDto['tax']): void {
  const { country, vat_id: vatId } = tax ?? {};
  if (!country || !vatId || !EU_COUNTRIES.has(country) || isEuVatId(vatId, country)) return;
  throw invalidRequest(`tax.vat_id has not the form of a VAT id of ${country}`, 'tax.vat_id');
}
