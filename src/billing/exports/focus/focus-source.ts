import type { RowSource } from '../copy-statement.js';
import { publicIdSql } from '../usage-columns.js';
import type { Granularity, Slice, UsageFilter } from '../usage-filter.js';
import { USAGE_WITH, usageSource } from '../usage-source.js';

/** The versions of the FinOps Open Cost and Usage Specification that can be had. */
export type FocusVersion = '1.4' | '1.2';

/** What a class of tokens is called as a meter. */
const METER_SQL = `case token_class when 'input' then 'Input Tokens' when 'cache_read' then 'Cached Input Tokens'
  when 'cache_write_5m' then 'Cache Write Tokens (5 Minutes)' when 'cache_write_1h' then 'Cache Write Tokens (1 Hour)'
  when 'output' then 'Output Tokens' when 'audio_input' then 'Audio Input Tokens' when 'audio_output' then 'Audio Output Tokens'
  when 'image_input' then 'Image Input Tokens' when 'search' then 'Searches'
  when 'search_full_content' then 'Search Results With Full Content' else token_class end`;
const UNIT_SQL = `case token_class when 'search' then 'Requests' when 'search_full_content' then 'Results' else 'Tokens' end`;

/** How long the charge period of a row is. */
const STEPS: Readonly<Record<Granularity, string>> = { request: 'second', day: 'day', month: 'month' };

/**
 * Usage as charges. What credit has paid was billed when the credit was bought, so only postpaid usage is billed; promo
 * credit is a discount and lowers what the usage cost in effect; what the house bears costs the customer nothing.
 */
export function focusUsageSource(granularity: Granularity, filter: UsageFilter, slice: Slice): RowSource {
  const { from } = usageSource(granularity, filter, slice);
  const step = STEPS[granularity];
  const at = 'case when is_correction then original_at else recorded_at end';
  const start = `date_trunc('${step}', ${at}, 'UTC')`;
  const end = `((date_trunc('${step}', ${at}, 'UTC') at time zone 'UTC' + interval '1 ${step}') at time zone 'UTC')`;
  const fields = `select case when funding = 'postpaid' then amount_nano else 0 end as billed,
    case when funding = 'prepaid_promo' then 0 else amount_nano end as effective,
    quantity::numeric * unit_price_pico as contracted, quantity::numeric * list_unit_price_pico as listed,
    unit_price_pico::numeric as contracted_unit, list_unit_price_pico::numeric as list_unit,
    coalesce(billing_account_id::text, organization_id::text) as account_id, organization_name as account_name,
    ${publicIdSql('project', 'project_id')} as sub_id, project_name as sub_name, currency::text as currency,
    period_start, period_end, ${start} as charge_start, ${end} as charge_end, 'Usage' as category,
    case when is_correction then 'Correction' end as class,
    model || ', ' || ${METER_SQL} || case kind when 'reversal' then ', reversed' when 'correction' then ', corrected' else '' end as description,
    'Usage-Based' as frequency, quantity as consumed, quantity, ${UNIT_SQL} as unit, model || '/' || token_class as sku_id,
    ${METER_SQL} as meter, ${publicIdSql('price', 'price_version_id')} as sku_price_id,
    json_strip_nulls(json_build_object('x_TokenClass', token_class, 'x_ServiceTier', nullif(service_tier, 'standard')))::text as sku_details, 'Standard' as pricing_category, model as service_name,
    coalesce(nullif(provider_name, ''), provider) as host, coalesce(legal_entity, 'Faregate operator') as issuer,
    coalesce(credit_note_number, invoice_number) as invoice_id,
    case when credit_note_number is null then invoice_number || '-' || invoice_line end as detail_id, tags, model, token_class,
    lines as requests, coalesce(funding, 'unposted') as funding, ${publicIdSql('price', 'price_version_id')} as price_version,
    estimated, ${publicIdSql('key', 'key_id')} as key_id, key_name, end_user as consumer,
    recorded_at as row_at, event_id, kind, place
    from ${from}`;
  return {
    with: USAGE_WITH,
    from: `(${fields}) focus`,
    order:
      'focus.row_at, focus.event_id, focus.account_id, focus.key_id, focus.sku_id, focus.price_version, focus.kind, focus.place',
  };
}
