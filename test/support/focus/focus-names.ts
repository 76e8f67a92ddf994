/** Names of columns and values of the FinOps Open Cost and Usage Specification, as its text has them. */

export const MANDATORY = [
  'BilledCost', 'BillingAccountId', 'BillingAccountName', 'BillingCurrency', 'BillingPeriodEnd', 'BillingPeriodStart',
  'ChargeCategory', 'ChargeClass', 'ChargeDescription', 'ChargePeriodEnd', 'ChargePeriodStart', 'ContractedCost',
  'EffectiveCost', 'InvoiceIssuerName', 'ListCost', 'PricingQuantity', 'PricingUnit', 'ServiceCategory', 'ServiceName',
]; // prettier-ignore
export const MANDATORY_OF = {
  '1.4': ['HostProviderName', 'ServiceProviderName'],
  '1.2': ['ProviderName', 'PublisherName'],
};
export const REMOVED_OF = {
  '1.4': ['ProviderName', 'PublisherName'],
  '1.2': ['HostProviderName', 'ServiceProviderName', 'InvoiceDetailId'],
};
export const CONDITIONAL = [
  'ConsumedQuantity', 'ConsumedUnit', 'ContractedUnitPrice', 'InvoiceId', 'ListUnitPrice', 'PricingCategory', 'SkuId',
  'SkuMeter', 'SkuPriceDetails', 'SkuPriceId', 'SubAccountId', 'SubAccountName', 'Tags',
]; // prettier-ignore
/** Every other column that both versions have; a plain name that is none of these is a custom column without its prefix. */
export const OPTIONAL = [
  'AvailabilityZone', 'BillingAccountType', 'CapacityReservationId', 'CapacityReservationStatus', 'ChargeFrequency',
  'CommitmentDiscountCategory', 'CommitmentDiscountId', 'CommitmentDiscountName', 'CommitmentDiscountQuantity',
  'CommitmentDiscountStatus', 'CommitmentDiscountType', 'CommitmentDiscountUnit', 'PricingCurrency',
  'PricingCurrencyContractedUnitPrice', 'PricingCurrencyEffectiveCost', 'PricingCurrencyListUnitPrice', 'RegionId',
  'RegionName', 'ResourceId', 'ResourceName', 'ResourceType', 'ServiceSubcategory', 'SubAccountType',
]; // prettier-ignore
export const OPTIONAL_OF = {
  '1.4': [
    'AllocatedMethodDetails', 'AllocatedMethodId', 'AllocatedResourceId', 'AllocatedResourceName', 'AllocatedTags',
    'ContractApplied', 'InvoiceDetailId',
  ],
  '1.2': [],
}; // prettier-ignore
export const NOT_NULL = [
  'BilledCost', 'BillingAccountId', 'BillingCurrency', 'BillingPeriodEnd', 'BillingPeriodStart', 'ChargeCategory',
  'ChargeFrequency', 'ChargePeriodEnd', 'ChargePeriodStart', 'ContractedCost', 'EffectiveCost', 'InvoiceIssuerName', 'ListCost',
  'ServiceCategory', 'ServiceName', 'ServiceSubcategory', 'HostProviderName', 'ServiceProviderName', 'ProviderName',
  'PublisherName',
]; // prettier-ignore
export const DECIMALS = [
  'BilledCost', 'ConsumedQuantity', 'ContractedCost', 'ContractedUnitPrice', 'EffectiveCost', 'ListCost', 'ListUnitPrice',
  'PricingQuantity',
]; // prettier-ignore
export const TIMES = ['BillingPeriodEnd', 'BillingPeriodStart', 'ChargePeriodEnd', 'ChargePeriodStart'];
export const CLOSED_LISTS: Record<string, string[]> = {
  ChargeCategory: ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'],
  ChargeClass: ['', 'Correction'],
  ChargeFrequency: ['One-Time', 'Recurring', 'Usage-Based'],
  PricingCategory: ['', 'Standard', 'Dynamic', 'Committed', 'Other'],
  ServiceCategory: ['AI and Machine Learning', 'Other'],
  ServiceSubcategory: ['Generative AI', 'Other (Other)'],
};
export const SUBCATEGORY_PARENT: Record<string, string> = {
  'Generative AI': 'AI and Machine Learning',
  'Other (Other)': 'Other',
};
export const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));
