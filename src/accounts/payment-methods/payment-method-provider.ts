import type { AttachedMethod, PaymentProviderName } from './payment-method.js';

/** Whose a method will be. */
export interface MethodOwner {
  /** The UUID our method will have, so that a provider's reference can be derived from it. */
  id: string;
  organizationId: string;
}

/** A payment provider, as far as attaching a method goes. */
export interface PaymentMethodProvider {
  readonly name: PaymentProviderName;
  /**
   * Takes what a token stands for. Throws invalid_request (param `token`) on a token that names nothing, and billing
   * (`card_declined`) when the card is refused.
   */
  attach(token: string, owner: MethodOwner): Promise<AttachedMethod>;
  /** Makes the provider forget a method that is no longer ours; absent where there is nobody to tell. */
  detach?(reference: string): Promise<void>;
}

/** Injection token of the list of configured providers. */
export const PAYMENT_METHOD_PROVIDERS = Symbol('payment method providers');
