import type { MethodOwner, PaymentMethodProvider } from './payment-method-provider.js';
import type { AttachedMethod } from './payment-method.js';

/** Payment by bank transfer against an invoice; the token is whatever the payer wants to read on it. */
export class InvoiceGateway implements PaymentMethodProvider {
  readonly name = 'invoice';

  async attach(token: string, { id }: MethodOwner): Promise<AttachedMethod> {
    return {
      providerReference: `invoice:${id}`,
      providerCustomer: token,
      brand: null,
      last4: null,
      expMonth: null,
      expYear: null,
      fingerprint: null,
      status: 'active',
    };
  }
}
