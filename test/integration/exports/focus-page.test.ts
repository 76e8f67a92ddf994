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

it.each([
  ['null-not-allowed', { BillingAccountId: '' }],
  ['decimal-format', { BilledCost: '+1.5' }],
  ['time-format', { ChargePeriodStart: '2026-10-01 00:00' }],
  ['period-order', { ChargePeriodEnd: '2026-09-01T00:00:00Z' }],
  ['contracted-cost-product', { ContractedCost: '2.000000000001' }],
  ['list-cost-product', { ListCost: '1' }],
  ['allowed-values', { ChargeCategory: 'Fee' }],
  ['null-is-null', { ChargeDescription: 'N/A' }],
  ['key-value-format', { Tags: '[1]' }],
  ['consumed-with-usage-only', { ConsumedQuantity: '' }],
] as [string, FocusRow][])('the validator finds a broken %s', (rule, wrong) => {
  const good: FocusRow = {
    BilledCost: '0.000000000',
    BillingAccountId: 'a',
    BillingCurrency: 'EUR',
    BillingPeriodStart: '2026-10-01T00:00:00Z',
    BillingPeriodEnd: '2026-11-01T00:00:00Z',
    ChargePeriodStart: '2026-10-01T00:00:00Z',
    ChargePeriodEnd: '2026-10-02T00:00:00Z',
    ChargeCategory: 'Usage',
    ChargeClass: '',
    ChargeDescription: 'usage',
    ChargeFrequency: 'Usage-Based',
    ConsumedQuantity: '2',
    ConsumedUnit: 'Tokens',
    ContractedCost: '2.000000000000',
    ContractedUnitPrice: '1.000000000000',
    EffectiveCost: '2.000000000',
    InvoiceIssuerName: 'x',
    ListCost: '2.000000000000',
    ListUnitPrice: '1.000000000000',
    PricingCategory: 'Standard',
    PricingQuantity: '2',
    PricingUnit: 'Tokens',
    ServiceCategory: 'AI and Machine Learning',
    ServiceSubcategory: 'Generative AI',
    ServiceName: 'm',
    SkuId: 's',
    SkuPriceId: 'p',
    SubAccountId: 'j',
    Tags: '{}',
  };
  const violations = (row: FocusRow) =>
    focusViolations({ version: '1.4', columns: Object.keys(row), rows: [row] })
      .map((text) => text.split(/[ :]/)[0])
      .filter((id) => !id?.startsWith('columns-'));
  expect(violations(good)).toEqual([]);
  expect(violations({ ...good, ...wrong })).toContain(rule);
});
