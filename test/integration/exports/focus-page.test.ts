import { readFileSync } from 'node:fs';
import { focusMetadata } from '../../../src/billing/exports/focus/focus-metadata.js';
import { FOCUS_RULES, focusViolations, type FocusRow } from '../../support/focus/focus-rules.js';
import { METADATA_RULES, metadataViolations } from '../../support/focus/metadata-rules.js';

const page = readFileSync(new URL('../../../docs/focus.md', import.meta.url), 'utf8');

it('docs/focus.md lists every rule of the validator', () => {
  const rules = [...FOCUS_RULES, ...METADATA_RULES];
  expect(rules.filter(({ id }) => !page.includes(`\`${id}\``)).map(({ id }) => id)).toEqual([]);
});

it.each([
  ['metadata-sections', '"DatasetInstance":[', '"Instances":['],
  ['metadata-keys', '"NumberScale"', '"NumericScale"'],
  ['metadata-data-generator', '{"DataGenerator":"Faregate"}', '"Faregate"'],
  ['metadata-dataset-instances', '"FocusDatasetId":"CostAndUsage"', '"FocusDatasetId":"Costs"'],
  ['metadata-schemas', '"FocusVersion":"1.4"', '"FocusVersion":"1.5"'],
  ['metadata-schema-of-instance', '"FocusDatasetId"', '"DatasetInstanceId":"x","FocusDatasetId"'],
  ['metadata-columns', '"ColumnName":"BilledCost"', '"ColumnName":"ListCost"'],
  ['metadata-decimals', '"NumericPrecision":38,', ''],
  ['metadata-tags', '"ProviderTagPrefixes":[]', '"StringMaxLength":1'],
])('the validator finds a broken %s', (rule, right, broken) => {
  const text = JSON.stringify(focusMetadata('1.4'));
  expect(metadataViolations(JSON.parse(text), '1.4')).toEqual([]);
  expect(text).toContain(right);
  const found = metadataViolations(JSON.parse(text.replace(right, broken)), '1.4');
  expect(found.map((violation) => violation.split(':')[0])).toContain(rule);
});

const GOOD: FocusRow = {
  BilledCost: '0.000000000',
  BillingAccountId: 'a',
  BillingAccountName: 'Acme',
  BillingCurrency: 'EUR',
  BillingPeriodEnd: '2026-11-01T00:00:00Z',
  BillingPeriodStart: '2026-10-01T00:00:00Z',
  ChargeCategory: 'Usage',
  ChargeClass: '',
  ChargeDescription: 'usage',
  ChargeFrequency: 'Usage-Based',
  ChargePeriodEnd: '2026-10-02T00:00:00Z',
  ChargePeriodStart: '2026-10-01T00:00:00Z',
  ConsumedQuantity: '2',
  ConsumedUnit: 'Tokens',
  ContractedCost: '2.000000000000',
  ContractedUnitPrice: '1.000000000000',
  EffectiveCost: '2.000000000',
  HostProviderName: 'openai',
  InvoiceDetailId: '',
  InvoiceId: '',
  InvoiceIssuerName: 'x',
  ListCost: '2.000000000000',
  ListUnitPrice: '1.000000000000',
  PricingCategory: 'Standard',
  PricingQuantity: '2',
  PricingUnit: 'Tokens',
  ServiceCategory: 'AI and Machine Learning',
  ServiceName: 'm',
  ServiceProviderName: 'x',
  ServiceSubcategory: 'Generative AI',
  SkuId: 's',
  SkuMeter: 'Input Tokens',
  SkuPriceDetails: '{"x_ContextTier":"0"}',
  SkuPriceId: 'p',
  SubAccountId: 'j',
  SubAccountName: 'main',
  Tags: '{}',
  x_Model: 'm',
};
const NOT_OF_TAX = [
  'ConsumedQuantity', 'ConsumedUnit', 'ContractedUnitPrice', 'ListUnitPrice', 'PricingCategory', 'PricingQuantity',
  'PricingUnit', 'SkuId', 'SkuMeter', 'SkuPriceDetails', 'SkuPriceId',
]; // prettier-ignore
const TAX: FocusRow = {
  ...GOOD,
  ChargeCategory: 'Tax',
  ChargeFrequency: 'One-Time',
  BilledCost: '1.000000000',
  ContractedCost: '1.000000000',
  EffectiveCost: '1.000000000',
  InvoiceId: 'INV-1',
  ListCost: '1.000000000',
  ...Object.fromEntries(NOT_OF_TAX.map((name) => [name, ''])),
};
const ROUNDING: FocusRow = { ...TAX, ChargeCategory: 'Adjustment' };
const PURCHASE: FocusRow = {
  ...GOOD,
  ChargeCategory: 'Purchase',
  ChargeFrequency: 'One-Time',
  ConsumedQuantity: '',
  ConsumedUnit: '',
  EffectiveCost: '0.000000000',
};

/** What breaks each rule: columns in place of the good ones, or rows. */
const BROKEN: Record<string, { columns?: (good: string[]) => string[]; rows?: FocusRow[] }> = {
  'columns-mandatory': { columns: (good) => good.filter((name) => name !== 'BilledCost') },
  'columns-conditional': { columns: (good) => good.filter((name) => name !== 'SkuPriceId') },
  'columns-of-other-versions': { columns: (good) => ['ProviderName', ...good] },
  'columns-custom': { columns: (good) => ['TokenClass', ...good] },
  'columns-once': { columns: (good) => [...good, 'x_Model'] },
  'null-not-allowed': { rows: [{ ...GOOD, BillingAccountId: '' }] },
  'null-is-null': { rows: [{ ...GOOD, ChargeDescription: 'N/A' }] },
  'decimal-format': { rows: [{ ...GOOD, BilledCost: '+1.5' }] },
  'time-format': { rows: [{ ...GOOD, ChargePeriodStart: '2026-10-01 00:00' }] },
  'period-order': { rows: [{ ...GOOD, ChargePeriodEnd: '2026-09-01T00:00:00Z' }] },
  'currency-format': { rows: [{ ...GOOD, BillingCurrency: 'eur' }] },
  'allowed-values': { rows: [{ ...GOOD, ChargeCategory: 'Fee' }] },
  'subcategory-parent': { rows: [{ ...GOOD, ServiceCategory: 'Other' }] },
  'key-value-format': { rows: [{ ...GOOD, Tags: '[1]' }] },
  'sku-price-details-keys': { rows: [{ ...GOOD, SkuPriceDetails: '{"ContextTier":"0"}' }] },
  'contracted-cost-product': { rows: [{ ...GOOD, ContractedCost: '2.000000000001' }] },
  'list-cost-product': { rows: [{ ...GOOD, ListCost: '1' }] },
  'cost-without-price': { rows: [{ ...TAX, ListCost: '2' }] },
  'usage-and-purchase-prices': { rows: [{ ...GOOD, SkuPriceId: '' }] },
  'tax-has-no-quantity': { rows: [{ ...TAX, SkuId: 's' }] },
  'consumed-with-usage-only': { rows: [{ ...GOOD, ConsumedQuantity: '' }] },
  'unit-with-quantity': { rows: [{ ...GOOD, PricingUnit: 'tokens' }] },
  'usage-based-frequency': { rows: [{ ...PURCHASE, ChargeFrequency: 'Usage-Based' }] },
  'purchase-of-future-usage': { rows: [{ ...PURCHASE, EffectiveCost: '2.000000000' }] },
  'correction-period': { rows: [{ ...GOOD, ChargeClass: 'Correction' }] },
  'sub-account-of-usage': { rows: [{ ...GOOD, SubAccountId: '' }] },
  'invoice-detail-with-invoice': { rows: [{ ...GOOD, InvoiceDetailId: '1' }] },
  'rounding-once': { rows: [ROUNDING, ROUNDING] },
  'one-currency-per-invoice': { rows: [TAX, { ...TAX, BillingCurrency: 'USD' }] },
};

it('the validator finds nothing in a file that keeps every rule', () => {
  const rows = [GOOD, TAX, ROUNDING, PURCHASE];
  expect(focusViolations({ version: '1.4', columns: Object.keys(GOOD), rows })).toEqual([]);
});

it.each(FOCUS_RULES.map(({ id }) => id))('the validator finds a broken %s', (rule) => {
  const { columns, rows = [GOOD] } = BROKEN[rule] ?? {};
  const names = columns?.(Object.keys(GOOD)) ?? Object.keys(GOOD);
  const found = focusViolations({ version: '1.4', columns: names, rows });
  expect(found.map((text) => text.split(/[ :]/)[0])).toContain(rule);
});
