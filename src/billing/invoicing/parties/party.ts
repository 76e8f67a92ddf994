import { publicId } from '../../../core/ids.js';

/** Who sells. */
export interface LegalEntity {
  /** UUID. */
  id: string;
  name: string;
  address: string;
  /** ISO 3166-1 alpha-2; null: registered for no tax, so that none is charged. */
  country: string | null;
  vatId: string | null;
  /** When tax on prepaid credit is due. */
  taxPoint: 'sale' | 'use';
  /** Minutes from a period's close to the issue of its draft; null: by hand only. */
  autoFinalizeMinutes: number | null;
  /** Stands before the numbers of every series; fixed once a number was issued. */
  numberPrefix: string;
  paymentDetails: string;
  /** Standard rates by country, parts per million. */
  taxRates: Record<string, number>;
}

/** How a customer is billed. */
export interface BillingAccount {
  organizationId: string;
  legalEntityId: string;
  /** Null: the organization's own name. */
  legalName: string | null;
  address: string | null;
  email: string | null;
  poNumber: string | null;
  netDays: number;
  taxExempt: boolean;
  /** Set with the organization's tax. */
  country: string | null;
  vatId: string | null;
}

/** A legal entity as the API shows it. */
export const showLegalEntity = (entity: LegalEntity) => ({
  object: 'legal_entity' as const,
  id: publicId('legalEntity', entity.id),
  name: entity.name,
  address: entity.address,
  country: entity.country,
  vat_id: entity.vatId,
  tax_point: entity.taxPoint,
  tax_rates_ppm: entity.taxRates,
  auto_finalize_minutes: entity.autoFinalizeMinutes,
  number_prefix: entity.numberPrefix,
  payment_details: entity.paymentDetails,
});

/** A billing account as the API shows it. */
export const showBillingAccount = (account: BillingAccount) => ({
  object: 'billing_account' as const,
  organization: publicId('organization', account.organizationId),
  legal_entity: publicId('legalEntity', account.legalEntityId),
  legal_name: account.legalName,
  address: account.address,
  email: account.email,
  po_number: account.poNumber,
  net_days: account.netDays,
  tax_exempt: account.taxExempt,
  tax: { country: account.country, vat_id: account.vatId },
});
