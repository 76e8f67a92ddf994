import type { AttachedMethod, PaymentProviderName } from './payment-method.js';

/** A payment provider, as far as attaching a method goes. */
export interface PaymentMethodProvider {
  readonly name: PaymentProviderName;
  /**
   * Takes what a token stands for. `id` is the UUID our method will have, so that a provider's reference can be
   * derived from it. Throws invalid_request (param `token`) on a token that names nothing, and billing
   * (`card_declined`) when the card is refused.
   */
  attach(token: string, id: string): Promise<AttachedMethod>;
}

/** Injection token of the list of configured providers. */
export const PAYMENT_METHOD_PROVIDERS = Symbol('payment method providers');
