import { invalidRequest } from '../../core/errors.js';
import { optionalUuid } from '../../core/ids.js';
import type { Report } from './any-report.js';
import { REPORT_FORMATS, TABLE_FORMATS, type ReportFormat, type TableFormat } from './report-plan.js';
import { FINANCE_REPORTS, type FinanceReportName } from './reports/finance-report.js';
import type { Granularity } from './usage-filter.js';

/** Every report by the name its address has. */
export const REPORTS = ['usage', ...FINANCE_REPORTS] as const;
/** One of them. */
export type ReportName = (typeof REPORTS)[number];

/** What is asked of a report, as the API writes it: instants in RFC 3339, public ids. Absent: not asked for. */
export interface ReportFields {
  from?: string | undefined;
  to?: string | undefined;
  at?: string | undefined;
  granularity?: Granularity | undefined;
  separator?: 'comma' | 'semicolon' | undefined;
  bom?: boolean | undefined;
  organization?: string | undefined;
  legal_entity?: string | undefined;
  project?: string | undefined;
  key?: string | undefined;
  model?: string | undefined;
  provider?: string | undefined;
}

/** A report that was asked for. */
export interface ReportOrder {
  report: ReportName;
  format: ReportFormat;
  fields: ReportFields;
}

/** Which fields a report knows besides `separator` and `bom`. */
const KNOWN: Readonly<Record<'usage' | 'aged-receivables' | 'other', readonly (keyof ReportFields)[]>> = {
  usage: ['from', 'to', 'granularity', 'organization', 'project', 'key', 'model', 'provider'],
  'aged-receivables': ['at', 'organization', 'legal_entity'],
  other: ['from', 'to', 'organization', 'legal_entity'],
};

/** The report an order asks for. Throws invalid_request that names the field. */
export function readOrder({ report, format, fields }: ReportOrder): Report {
  const known = KNOWN[report === 'usage' || report === 'aged-receivables' ? report : 'other'];
  for (const [name, value] of Object.entries(fields)) {
    const isKnown = name === 'separator' || name === 'bom' || known.some((field) => field === name);
    if (value !== undefined && !isKnown) throw invalidRequest(`report ${report} has no field ${name}`, name);
  }
  const formats: readonly string[] = report === 'usage' ? REPORT_FORMATS : TABLE_FORMATS;
  if (!formats.includes(format))
    throw invalidRequest(`format of report ${report} must be one of: ${formats.join(', ')}`, 'format');
  const variant = variantOf(format, fields);
  const span = report === 'aged-receivables' ? instantOf(fields) : spanOf(fields);
  const organizationId = optionalUuid('organization', fields.organization);
  if (report !== 'usage') {
    const name: FinanceReportName = report;
    const legalEntityId = optionalUuid('legalEntity', fields.legal_entity);
    return {
      report: name,
      format: format as TableFormat,
      ...variant,
      ...span,
      organizationId,
      legalEntityId,
    };
  }
  return {
    ...span,
    ...variant,
    format,
    granularity: fields.granularity ?? 'request',
    organizationId,
    projectId: optionalUuid('project', fields.project),
    keyId: optionalUuid('key', fields.key),
    model: fields.model,
    provider: fields.provider,
  };
}

/** The name a report's file is saved under. */
export function fileNameOf({ report, fields }: ReportOrder, extension: string): string {
  const days = [fields.from, fields.to, fields.at].flatMap((instant) =>
    instant === undefined ? [] : [instant.slice(0, 10)],
  );
  return `${[report, ...days].join('-')}.${extension}`;
}

function variantOf(format: ReportFormat, { separator, bom }: ReportFields) {
  if (format !== 'csv' && separator === 'semicolon')
    throw invalidRequest('only format csv has a separator', 'separator');
  if (format !== 'csv' && bom === true) throw invalidRequest('only format csv has a bom', 'bom');
  return { semicolon: separator === 'semicolon', bom: bom === true };
}

function spanOf(fields: ReportFields): { from: Date; to: Date } {
  const [from, to] = [required(fields, 'from'), required(fields, 'to')];
  if (from >= to) throw invalidRequest('to must lie after from', 'to');
  return { from, to };
}

function instantOf(fields: ReportFields): { from: Date; to: Date } {
  const at = required(fields, 'at');
  return { from: at, to: at };
}

function required(fields: ReportFields, name: 'from' | 'to' | 'at'): Date {
  const text = fields[name];
  if (text === undefined) throw invalidRequest(`${name} is required`, name);
  return new Date(text);
}
