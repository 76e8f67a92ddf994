import type { CompatibilityProfile } from '../../core/compatibility.js';
import { publicId } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import { formatNano } from '../../core/money.js';
import { rateLimitsView, type RateLimitSettings } from '../../core/rate-limits.js';
import { budgetView, type Budget } from '../budgets/budget.js';

export const COMPATIBILITIES = ['standard', 'octen', 'octopusx', 'cortecs'] as const;
export const BILLING_MODES = ['prepaid', 'postpaid'] as const;
export const ORGANIZATION_STATUSES = ['active', 'suspended', 'closed'] as const;
export type BillingMode = (typeof BILLING_MODES)[number];
export type OrganizationStatus = (typeof ORGANIZATION_STATUSES)[number];

/** What can be set of an organization. */
export interface OrganizationSettings {
  name: string;
  compatibility: CompatibilityProfile;
  /** IANA name; reports and billing periods follow it. */
  timezone: string;
  billingMode: BillingMode;
  /** How far a postpaid organization may run into debt; without effect while prepaid. */
  creditLimitNano: bigint;
  status: OrganizationStatus;
  /** UUID; null: none. */
  defaultPaymentMethodId: string | null;
  routingDefaults: JsonObject;
  /** All its keys count together. */
  rateLimits: RateLimitSettings;
  /** ISO 3166-1 alpha-2; null: not known. */
  country: string | null;
  vatId: string | null;
  /** Null: no cap. */
  budget: Budget | null;
}

/** A customer. */
export interface Organization extends OrganizationSettings {
  id: string;
  /** ISO 4217; fixed once created. */
  currency: string;
  createdAt: Date;
  updatedAt: Date;
}

/** How far below zero the wallet may go: credit is for those who pay afterwards. */
export const overdraftOf = (terms: { billingMode: BillingMode; creditLimitNano: bigint }): bigint =>
  terms.billingMode === 'postpaid' ? terms.creditLimitNano : 0n;

/** An organization as the API shows it. */
export function organizationView(organization: Organization) {
  const { defaultPaymentMethodId: methodId } = organization;
  return {
    object: 'organization' as const,
    id: publicId('organization', organization.id),
    name: organization.name,
    compatibility: organization.compatibility,
    currency: organization.currency,
    timezone: organization.timezone,
    billing_mode: organization.billingMode,
    credit_limit: formatNano(organization.creditLimitNano),
    status: organization.status,
    default_payment_method: methodId === null ? null : publicId('paymentMethod', methodId),
    routing_defaults: organization.routingDefaults,
    rate_limits: rateLimitsView(organization.rateLimits),
    tax: { country: organization.country, vat_id: organization.vatId },
    budget: budgetView(organization.budget),
    created_at: organization.createdAt.toISOString(),
    updated_at: organization.updatedAt.toISOString(),
  };
}

export type OrganizationView = ReturnType<typeof organizationView>;

/** What an organization's wallet holds. */
export interface WalletState {
  currency: string;
  /** Credited minus charged; negative for a postpaid organization in debt. */
  balanceNano: bigint;
  /** Set aside for calls that are running. */
  heldNano: bigint;
  overdraftNano: bigint;
  /** Whether the overdraft can be used: credit needs a payment method to collect it from. */
  creditUsable: boolean;
}

/** The balance as the API shows it; `available` is what a new call could spend. */
export function balanceView(wallet: WalletState) {
  const credit = wallet.creditUsable ? wallet.overdraftNano : 0n;
  return {
    object: 'balance' as const,
    currency: wallet.currency,
    balance: formatNano(wallet.balanceNano),
    held: formatNano(wallet.heldNano),
    available: formatNano(wallet.balanceNano - wallet.heldNano + credit),
    overdraft: formatNano(wallet.overdraftNano),
  };
}
