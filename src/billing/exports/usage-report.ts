import { publicId } from '../../core/ids.js';
import { formatNano, formatPico } from '../../core/money.js';
import { csvCell, csvRecord, type CellKind } from './csv.js';
import type { FundedLine, Granularity } from './funded-line.js';

/** One column of the usage report. */
interface Column {
  name: string;
  kind: CellKind;
  /** Known only of a single call; days and months do without it. */
  ofRequest?: boolean;
  /** The value as text; empty when there is none. */
  value: (line: FundedLine) => string;
}

export const SCHEMA_VERSION = '1';

const time = (at: Date): string => at.toISOString();
const flag = (value: boolean | undefined): string => (value === undefined ? '' : String(value));
const none = (): string => '';

/**
 * Every column, in order. Prices and rated amounts have 12 decimals (exact), amounts 9: `amount` is what was charged
 * and sums to the ledger, so a part the house bore has the amount 0 and funding `absorbed`. `funding` is empty for
 * usage that is not yet posted.
 */
export const COLUMNS: readonly Column[] = [
  { name: 'schema_version', kind: 'id', value: () => SCHEMA_VERSION },
  { name: 'row_id', kind: 'text', value: rowId },
  { name: 'event_id', kind: 'id', ofRequest: true, value: (l) => publicId('event', l.eventId) },
  { name: 'request_id', kind: 'id', ofRequest: true, value: (l) => publicId('request', l.requestId) },
  { name: 'kind', kind: 'id', value: (l) => l.kind },
  {
    name: 'reverses_event_id',
    kind: 'id',
    ofRequest: true,
    value: (l) => (l.reversesId === undefined ? '' : publicId('event', l.reversesId)),
  },
  { name: 'occurred_at_utc', kind: 'time', ofRequest: true, value: (l) => time(l.occurredAt) },
  { name: 'recorded_at_utc', kind: 'time', value: (l) => time(l.recordedAt) },
  { name: 'billing_period_start', kind: 'time', value: (l) => time(l.periodStart) },
  { name: 'billing_period_end', kind: 'time', value: (l) => time(l.periodEnd) },
  { name: 'org_id', kind: 'id', value: (l) => publicId('organization', l.organizationId) },
  { name: 'org_name', kind: 'text', value: (l) => l.organizationName },
  { name: 'billing_account_id', kind: 'id', value: (l) => l.billingAccountId ?? '' },
  { name: 'project_id', kind: 'id', value: (l) => publicId('project', l.projectId) },
  { name: 'project_name', kind: 'text', value: (l) => l.projectName },
  { name: 'cost_center', kind: 'text', value: (l) => l.costCenter ?? '' },
  { name: 'api_key_id', kind: 'id', value: (l) => publicId('key', l.keyId) },
  { name: 'api_key_name', kind: 'text', value: (l) => l.keyName },
  { name: 'end_user_id', kind: 'text', ofRequest: true, value: (l) => l.endUser ?? '' },
  { name: 'provider', kind: 'text', value: (l) => l.provider },
  { name: 'model_requested', kind: 'text', ofRequest: true, value: (l) => l.modelRequested ?? '' },
  { name: 'model_served', kind: 'text', value: (l) => l.model },
  { name: 'region', kind: 'text', value: (l) => l.region ?? '' },
  { name: 'service_tier', kind: 'text', value: none },
  { name: 'token_class', kind: 'id', value: (l) => l.tokenClass },
  { name: 'quantity', kind: 'number', value: (l) => l.quantity.toString() },
  { name: 'unit', kind: 'id', value: (l) => (l.tokenClass === 'search' ? 'requests' : 'tokens') },
  { name: 'list_unit_price', kind: 'number', value: (l) => formatPico(l.listUnitPricePico) },
  { name: 'unit_price', kind: 'number', value: (l) => formatPico(l.unitPricePico) },
  { name: 'price_version_id', kind: 'id', value: (l) => publicId('price', l.priceVersionId) },
  { name: 'list_amount', kind: 'number', value: (l) => formatPico(l.quantity * l.listUnitPricePico) },
  { name: 'rated_amount', kind: 'number', value: (l) => formatPico(l.quantity * l.unitPricePico) },
  { name: 'amount', kind: 'number', value: (l) => formatNano(l.amountNano) },
  { name: 'currency', kind: 'id', value: (l) => l.currency },
  { name: 'funding', kind: 'id', value: (l) => l.funding ?? '' },
  { name: 'provider_cost', kind: 'number', value: (l) => formatNano(l.costNano) },
  { name: 'provider_cost_currency', kind: 'id', value: (l) => l.costCurrency },
  {
    name: 'margin',
    kind: 'number',
    value: (l) => (l.currency === l.costCurrency ? formatNano(l.amountNano - l.costNano) : ''),
  },
  { name: 'estimated', kind: 'flag', ofRequest: true, value: (l) => flag(l.estimated) },
  { name: 'http_status', kind: 'number', ofRequest: true, value: (l) => l.httpStatus?.toString() ?? '' },
  { name: 'streamed', kind: 'flag', ofRequest: true, value: (l) => flag(l.streamed) },
  { name: 'cached', kind: 'flag', ofRequest: true, value: () => 'false' },
  { name: 'batch', kind: 'flag', ofRequest: true, value: () => 'false' },
  { name: 'invoice_number', kind: 'id', value: none },
  { name: 'invoice_line', kind: 'id', value: none },
  { name: 'tags_json', kind: 'text', value: (l) => l.tagsJson },
];

/** The columns of a report of this granularity. */
export const columnsOf = (granularity: Granularity): readonly Column[] =>
  granularity === 'request' ? COLUMNS : COLUMNS.filter(({ ofRequest }) => ofRequest !== true);

/** The same for the same usage however often it is asked for; the part of an id that says which row it is. */
function rowId(line: FundedLine): string {
  const place =
    line.eventId === ''
      ? `${time(line.recordedAt)}:${line.keyId}:${line.provider}:${line.model}`
      : line.eventId;
  return [place, line.kind, line.tokenClass, line.priceVersionId, line.funding ?? 'unposted'].join(':');
}

/** The report's first record. */
export const csvHeader = (granularity: Granularity): string =>
  csvRecord(columnsOf(granularity).map(({ name }) => name));

/** A line as a CSV record. */
export const csvRow = (line: FundedLine, granularity: Granularity): string =>
  csvRecord(columnsOf(granularity).map(({ kind, value }) => csvCell(value(line), kind)));

/** A line as one JSON object on a line of its own: decimals as strings, an absent value as null. */
export function jsonRow(line: FundedLine, granularity: Granularity): string {
  const members = columnsOf(granularity).map(({ name, kind, value }) => [name, jsonValue(value(line), kind)]);
  return `${JSON.stringify(Object.fromEntries(members))}\n`;
}

function jsonValue(text: string, kind: CellKind): string | boolean | null {
  if (text === '') return null;
  return kind === 'flag' ? text === 'true' : text;
}
