import { Injectable, Logger } from '@nestjs/common';
import type Stripe from 'stripe';
import { FaregateError, invalidRequest, unavailable } from '../../core/errors.js';
import { publicId } from '../../core/ids.js';
import type { MethodOwner, PaymentMethodProvider } from './payment-method-provider.js';
import type { AttachedMethod } from './payment-method.js';
import { StripeCustomersRepository } from './stripe-customers.repository.js';
import { StripeClient, stripeFailure } from './stripe.client.js';

/** What a browser needs to let a payer enter a card. */
export interface CardSetup {
  setupIntent: string;
  clientSecret: string;
  customer: string;
}

/** Cards at Stripe: verified by a SetupIntent for charges without the payer, and kept with the customer there. */
@Injectable()
export class StripeGateway implements PaymentMethodProvider {
  readonly name = 'stripe';
  private readonly logger = new Logger(StripeGateway.name);

  constructor(
    private readonly stripe: StripeClient,
    private readonly customers: StripeCustomersRepository,
  ) {}

  get isConfigured(): boolean {
    return this.stripe.sdk !== undefined;
  }

  /** `token`: a PaymentMethod of Stripe ("pm_…"), or a SetupIntent ("seti_…") that the payer has completed. */
  async attach(token: string, owner: MethodOwner): Promise<AttachedMethod> {
    const customer = await this.customerOf(owner.organizationId);
    return run(async () => {
      const intent = token.startsWith('seti_')
        ? await this.completedSetup(token, customer)
        : await this.verify(token, customer, owner.id);
      const method = intent.payment_method;
      if (method === null) throw invalidRequest('the SetupIntent has no payment method', 'token');
      const id = typeof method === 'string' ? method : method.id;
      return toAttached(await this.stripe.get().paymentMethods.retrieve(id), customer);
    });
  }

  /** Stripe forgets the card. Ours is detached already and never charged again, so a failure is only logged. */
  async detach(reference: string): Promise<void> {
    await this.stripe
      .get()
      .paymentMethods.detach(reference)
      .catch((error: unknown) => this.logger.warn(`${reference} not detached: ${String(error)}`));
  }

  /** Begins the entry of a card in the payer's browser. */
  async beginSetup(organizationId: string): Promise<CardSetup> {
    const customer = await this.customerOf(organizationId);
    return run(async () => {
      const intent = await this.stripe
        .get()
        .setupIntents.create({ customer, usage: 'off_session', allowed_payment_method_types: ['card'] });
      return { setupIntent: intent.id, clientSecret: intent.client_secret ?? '', customer };
    });
  }

  private async verify(token: string, customer: string, id: string): Promise<Stripe.SetupIntent> {
    const intent = await this.stripe.get().setupIntents.create(
      {
        customer,
        payment_method: token,
        allowed_payment_method_types: ['card'],
        usage: 'off_session',
        confirm: true,
        metadata: { faregate_payment_method: publicId('paymentMethod', id) },
      },
      { idempotencyKey: `attach:${id}` },
    );
    if (intent.status === 'succeeded') return intent;
    throw new FaregateError('billing', 'The bank asks the card holder to authenticate; use a setup intent.', {
      param: 'token',
      code: 'authentication_required',
      shouldRetry: false,
    });
  }

  private async completedSetup(token: string, customer: string): Promise<Stripe.SetupIntent> {
    const intent = await this.stripe.get().setupIntents.retrieve(token);
    const owner = typeof intent.customer === 'string' ? intent.customer : intent.customer?.id;
    if (owner !== customer) throw invalidRequest('No such SetupIntent of this organization.', 'token');
    if (intent.status === 'succeeded') return intent;
    throw invalidRequest(`the SetupIntent is ${intent.status}; the payer must complete it first`, 'token');
  }

  private async customerOf(organizationId: string): Promise<string> {
    const known = await this.customers.find(organizationId);
    if (known !== null) return known;
    const created = await run(() =>
      this.stripe
        .get()
        .customers.create(
          { metadata: { faregate_organization: publicId('organization', organizationId) } },
          { idempotencyKey: `customer:${organizationId}` },
        ),
    );
    return this.customers.keep(organizationId, created.id);
  }
}

/** Runs a call of Stripe; its refusals become ours. */
async function run<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const failure = stripeFailure(error);
    switch (failure?.kind) {
      case 'declined':
        throw new FaregateError('billing', failure.message, {
          param: 'token',
          code: 'card_declined',
          shouldRetry: false,
        });
      case 'refused':
        throw invalidRequest(failure.message, 'token', failure.code);
      case 'unknown':
        throw unavailable('The payment provider does not answer.', error);
      case undefined:
        throw error;
    }
  }
}

function toAttached(method: Stripe.PaymentMethod, customer: string): AttachedMethod {
  const { card } = method;
  return {
    providerReference: method.id,
    providerCustomer: customer,
    brand: card?.brand ?? null,
    last4: card?.last4 ?? null,
    expMonth: card?.exp_month ?? null,
    expYear: card?.exp_year ?? null,
    fingerprint: card?.fingerprint ?? null,
    status: 'active',
  };
}
