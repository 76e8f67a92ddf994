import type { ExportColumn } from '../export-column.js';
import type { FocusVersion } from './focus-source.js';

/** Types of the metadata's ColumnDefinition. */
export type FocusType = 'STRING' | 'DECIMAL' | 'DATETIME' | 'JSON';

/** A column of a FOCUS file with what the metadata says of it. */
export interface FocusColumn extends ExportColumn {
  type: FocusType;
}

/** Our own words and ids. */
export const id = (name: string, sql: string): FocusColumn => ({ name, kind: 'id', sql, type: 'STRING' });
/** Text that somebody chose: a name, a description. */
export const text = (name: string, sql: string): FocusColumn => ({ name, kind: 'text', sql, type: 'STRING' });
const json = (name: string, sql: string): FocusColumn => ({ name, kind: 'text', sql, type: 'JSON' });
const decimal = (name: string, scale: number, sql: string): FocusColumn => ({
  name,
  kind: 'decimal',
  scale,
  sql,
  type: 'DECIMAL',
  wide: true,
});
/** A cost: the four of them are what a file is added up by. */
const cost = (name: string, scale: number, sql: string): FocusColumn => ({
  ...decimal(name, scale, sql),
  currency: 'currency',
});
const integer = (name: string, sql: string): FocusColumn => ({
  name,
  kind: 'integer',
  sql,
  type: 'DECIMAL',
  scale: 0,
});
/** Seconds, as the specification writes instants; the source's are whole seconds. */
export const focusTime = (name: string, sql: string): FocusColumn => ({
  name,
  kind: 'id',
  sql: `to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`,
  type: 'DATETIME',
});

const COSTS: FocusColumn[] = [
  cost('BilledCost', 9, 'billed'),
  id('BillingAccountId', 'account_id'),
  text('BillingAccountName', 'account_name'),
  id('BillingCurrency', 'currency'),
  focusTime('BillingPeriodEnd', 'period_end'),
  focusTime('BillingPeriodStart', 'period_start'),
  id('ChargeCategory', 'category'),
  id('ChargeClass', 'class'),
  text('ChargeDescription', 'description'),
  id('ChargeFrequency', 'frequency'),
  focusTime('ChargePeriodEnd', 'charge_end'),
  focusTime('ChargePeriodStart', 'charge_start'),
  integer('ConsumedQuantity', 'consumed'),
  id('ConsumedUnit', 'case when consumed is not null then unit end'),
  cost('ContractedCost', 12, 'contracted'),
  decimal('ContractedUnitPrice', 12, 'contracted_unit'),
  cost('EffectiveCost', 9, 'effective'),
];

const TAIL: FocusColumn[] = [
  cost('ListCost', 12, 'listed'),
  decimal('ListUnitPrice', 12, 'list_unit'),
  id('PricingCategory', 'pricing_category'),
  integer('PricingQuantity', 'quantity'),
  id('PricingUnit', 'unit'),
];

const SKU: FocusColumn[] = [
  id('ServiceSubcategory', `case category when 'Usage' then 'Generative AI' else 'Other (Other)' end`),
  text('SkuId', 'sku_id'),
  id('SkuMeter', 'meter'),
  json('SkuPriceDetails', 'sku_details'),
  id('SkuPriceId', 'sku_price_id'),
  id('SubAccountId', 'sub_id'),
  text('SubAccountName', 'sub_name'),
  json('Tags', 'tags'),
];

/** Ours, after those of the specification. The last four are columns of the draft of 1.5. */
const CUSTOM: FocusColumn[] = [
  text('x_Model', 'model'),
  id('x_TokenClass', 'token_class'),
  integer('x_RequestCount', 'requests'),
  id('x_FundingSource', 'funding'),
  id('x_PriceVersion', 'price_version'),
  id('x_Estimated', `case when estimated then 'true' when not estimated then 'false' end`),
  id('x_ApiKeyId', 'key_id'),
  id('x_PrincipalId', 'sub_id'),
  id('x_CredentialId', 'key_id'),
  json(
    'x_CredentialDetails',
    `case when key_name is not null then json_build_object('x_Name', key_name)::text end`,
  ),
  text('x_ConsumerId', 'consumer'),
];

const SERVICE_CATEGORY = id(
  'ServiceCategory',
  `case category when 'Usage' then 'AI and Machine Learning' else 'Other' end`,
);

/** The columns of the Cost and Usage dataset, in alphabetical order as the specification lists them, then ours. */
export function focusColumns(version: FocusVersion): FocusColumn[] {
  const own =
    version === '1.4'
      ? [
          text('HostProviderName', 'host'),
          id('InvoiceDetailId', 'detail_id'),
          text('ServiceProviderName', 'issuer'),
        ]
      : [text('ProviderName', 'issuer'), text('PublisherName', 'host')];
  const columns = [
    ...COSTS,
    id('InvoiceId', 'invoice_id'),
    text('InvoiceIssuerName', 'issuer'),
    ...TAIL,
    SERVICE_CATEGORY,
    text('ServiceName', 'service_name'),
    ...SKU,
    ...own,
  ];
  return [...columns.sort((a, b) => (a.name < b.name ? -1 : 1)), ...CUSTOM];
}
