import { ID_PREFIXES, type IdKind } from '../../core/ids.js';
import type { ExportColumn } from './export-column.js';
import { id, text, time } from './reports/report-columns.js';
import type { Granularity } from './usage-filter.js';

/** The native usage file: its columns and their order are fixed; a new one is a new schema version. */
export const SCHEMA_VERSION = '1';

/** SQL of the public id of a UUID; null stays null. */
export const publicIdSql = (kind: IdKind, sql: string): string =>
  `'${ID_PREFIXES[kind]}_' || replace(${sql}::text, '-', '')`;

const UNIT_SQL = `case token_class when 'search_full_content' then 'results' when 'search' then 'requests' else 'tokens' end`;

const nano = (name: string, sql: string): ExportColumn => ({ name, kind: 'decimal', scale: 9, sql });
const pico = (name: string, sql: string): ExportColumn => ({ name, kind: 'decimal', scale: 12, sql });
const flag = (name: string, sql = name): ExportColumn => ({ name, kind: 'flag', sql });
const ofRequest = (column: ExportColumn): ExportColumn => ({ ...column, ofRequest: true });
const wide = (column: ExportColumn): ExportColumn => ({ ...column, wide: true });

/** The same for the same usage however often it is asked for. */
const rowIdSql = (granularity: Granularity): string => {
  const place =
    granularity === 'request'
      ? 'event_id::text'
      : `to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || ':' || key_id || ':' || provider || ':' || model
         || ':' || coalesce(invoice_number, '')`;
  return `${place} || ':' || kind || ':' || token_class || ':' || price_version_id || ':' || coalesce(funding, 'unposted')`;
};

/**
 * The columns of a usage file. Prices and rated amounts have 12 decimals (exact), amounts 9: `amount` is what was charged
 * and sums to the ledger, so a part the house bore has the amount 0 and funding `absorbed`. `funding` is empty for usage
 * that is not yet posted, invoice_number until an invoice or statement is issued.
 */
export function usageColumns(granularity: Granularity): ExportColumn[] {
  const columns: ExportColumn[] = [
    id('schema_version', `'${SCHEMA_VERSION}'`),
    id('row_id', rowIdSql(granularity)),
    ofRequest(id('event_id', publicIdSql('event', 'event_id'))),
    ofRequest(id('request_id', publicIdSql('request', 'request_id'))),
    id('kind'),
    ofRequest(id('reverses_event_id', publicIdSql('event', 'reverses_id'))),
    ofRequest(time('occurred_at_utc', 'occurred_at')),
    time('recorded_at_utc', 'recorded_at'),
    time('billing_period_start', 'period_start'),
    time('billing_period_end', 'period_end'),
    id('org_id', publicIdSql('organization', 'organization_id')),
    text('org_name', 'organization_name'),
    id('billing_account_id', 'billing_account_id::text'),
    id('project_id', publicIdSql('project', 'project_id')),
    text('project_name'),
    text('cost_center'),
    id('api_key_id', publicIdSql('key', 'key_id')),
    text('api_key_name', 'key_name'),
    ofRequest(text('end_user_id', 'end_user')),
    text('provider'),
    ofRequest(text('model_requested')),
    text('model_served', 'model'),
    text('region'),
    id('service_tier'),
    id('token_class'),
    { name: 'quantity', kind: 'integer', sql: 'quantity' },
    id('unit', UNIT_SQL),
    pico('list_unit_price', 'list_unit_price_pico'),
    pico('unit_price', 'unit_price_pico'),
    id('price_version_id', publicIdSql('price', 'price_version_id')),
    wide(pico('list_amount', 'quantity::numeric * list_unit_price_pico')),
    wide(pico('rated_amount', 'quantity::numeric * unit_price_pico')),
    nano('amount', 'amount_nano'),
    id('currency', 'currency::text'),
    id('funding'),
    nano('provider_cost', 'cost_nano'),
    id('provider_cost_currency', 'cost_currency::text'),
    nano('margin', 'case when currency = cost_currency then amount_nano - cost_nano end'),
    ofRequest(flag('estimated')),
    ofRequest({ name: 'http_status', kind: 'integer', sql: 'http_status' }),
    ofRequest(flag('streamed')),
    ofRequest(flag('cached', 'false')),
    ofRequest(flag('batch', `service_tier = 'batch'`)),
    id('invoice_number'),
    {
      name: 'invoice_line',
      kind: 'integer',
      sql: 'case when invoice_number is not null then invoice_line end',
    },
    text('tags_json', 'tags'),
  ];
  if (granularity === 'request') return columns;
  return columns
    .filter((column) => column.ofRequest !== true)
    .map((column) => (column.kind === 'decimal' ? wide(column) : column));
}
