import { publicId } from '../../core/ids.js';

export const PAYMENT_PROVIDERS = ['sandbox', 'stripe', 'invoice'] as const;
export type PaymentProviderName = (typeof PAYMENT_PROVIDERS)[number];
export type PaymentMethodStatus = 'active' | 'expired' | 'detached' | 'blocked';

/** What a payment provider says about a method it has taken. */
export interface AttachedMethod {
  /** The provider's name for it; unique in the provider. */
  providerReference: string;
  /** The provider's customer, or the payer's own reference. Null: none. */
  providerCustomer: string | null;
  /** Null where there is no card. */
  brand: string | null;
  last4: string | null;
  expMonth: number | null;
  expYear: number | null;
  /** The same for the same card, whoever attaches it. */
  fingerprint: string | null;
  status: 'active' | 'expired';
}

/** How an organization pays. */
export interface PaymentMethod extends Omit<AttachedMethod, 'status'> {
  id: string;
  organizationId: string;
  provider: PaymentProviderName;
  status: PaymentMethodStatus;
  createdAt: Date;
}

/** A payment method as the API shows it. */
export function paymentMethodView(method: PaymentMethod) {
  return {
    object: 'payment_method' as const,
    id: publicId('paymentMethod', method.id),
    organization: publicId('organization', method.organizationId),
    provider: method.provider,
    reference: method.provider === 'invoice' ? method.providerCustomer : null,
    brand: method.brand,
    last4: method.last4,
    exp_month: method.expMonth,
    exp_year: method.expYear,
    fingerprint: method.fingerprint,
    status: method.status,
    created_at: method.createdAt.toISOString(),
  };
}

export type PaymentMethodView = ReturnType<typeof paymentMethodView>;
