import { Inject, Injectable } from '@nestjs/common';
import { invalidRequest } from '../../core/errors.js';
import { publicId, uuidv7 } from '../../core/ids.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { listPage, readCursor, type ListPage } from '../../platform/http/list.js';
import type { ListQuery } from '../../platform/http/list.dto.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { PAYMENT_METHOD_PROVIDERS, type PaymentMethodProvider } from './payment-method-provider.js';
import { paymentMethodView, type PaymentMethodView } from './payment-method.js';
import type { AttachPaymentMethodDto } from './payment-methods.dto.js';
import { PaymentMethodsRepository } from './payment-methods.repository.js';
import { StripeGateway } from './stripe.gateway.js';

@Injectable()
export class PaymentMethodsService {
  constructor(
    private readonly methods: PaymentMethodsRepository,
    private readonly organizations: OrganizationsService,
    @Inject(PAYMENT_METHOD_PROVIDERS) private readonly providers: readonly PaymentMethodProvider[],
    private readonly stripe: StripeGateway,
  ) {}

  /** Throws invalid_request for a provider that is not configured, billing for a card that is declined. */
  async attach(
    actor: AdminActor,
    organizationId: string,
    { provider: name, token }: AttachPaymentMethodDto,
  ): Promise<PaymentMethodView> {
    await this.organizations.getOrganization(organizationId);
    const provider = this.providers.find((candidate) => candidate.name === name);
    if (provider === undefined) throw notConfigured(name);
    const id = uuidv7();
    const attached = await provider.attach(token, { id, organizationId });
    const method = { ...attached, id, organizationId, provider: name };
    return paymentMethodView(await this.methods.create(actor, method));
  }

  async detach(actor: AdminActor, organizationId: string, id: string): Promise<PaymentMethodView> {
    const method = await this.methods.detach(actor, organizationId, id);
    const provider = this.providers.find((candidate) => candidate.name === method.provider);
    await provider?.detach?.(method.providerReference);
    return paymentMethodView(method);
  }

  /** What a browser needs to let the payer enter a card. Throws invalid_request without Stripe, and not_found. */
  async beginSetup(actor: AdminActor, organizationId: string) {
    await this.organizations.getOrganization(organizationId);
    if (!this.stripe.isConfigured) throw notConfigured('stripe');
    await this.methods.recordSetup(actor, organizationId);
    const setup = await this.stripe.beginSetup(organizationId);
    return {
      object: 'setup_intent' as const,
      id: setup.setupIntent,
      client_secret: setup.clientSecret,
      customer: setup.customer,
    };
  }

  async get(organizationId: string, id: string): Promise<PaymentMethodView> {
    const method = await this.methods.find(organizationId, id);
    if (method === null) throw notFound('paymentMethod', publicId('paymentMethod', id));
    return paymentMethodView(method);
  }

  async list(organizationId: string, { limit, cursor }: ListQuery): Promise<ListPage<PaymentMethodView>> {
    await this.organizations.getOrganization(organizationId);
    const page = { beforeId: readCursor(cursor, 'uuid'), limit: limit + 1 };
    const rows = await this.methods.list(organizationId, page);
    return listPage({ rows, limit, keyOf: ({ id }) => id, toItem: paymentMethodView });
  }
}

const notConfigured = (provider: string) =>
  invalidRequest(`payment provider ${provider} is not configured`, 'provider', 'provider_not_configured');
