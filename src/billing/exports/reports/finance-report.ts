import type { RowSource } from '../copy-statement.js';
import type { ExportColumn } from '../export-column.js';
import type { CsvVariant } from '../file-encoder.js';
import type { ReportPlan, TableFormat } from '../report-plan.js';
import { AGED_RECEIVABLES_COLUMNS, agedReceivablesSource } from './aged-receivables.js';
import { CONTRACT_LIABILITY_COLUMNS, contractLiabilitySource } from './contract-liability.js';
import { INVOICE_REGISTER_COLUMNS, invoiceRegisterSource } from './invoice-register.js';
import { JOURNAL_COLUMNS, journalSource } from './journal.js';
import { MARGIN_COLUMNS, marginUsageSource, unbilledAttemptsSource } from './margin.js';
import type { ReportFilter } from './report-filter.js';
import { TAX_COLUMNS, taxSource } from './tax-report.js';

/** Every report for finance besides usage, as its address names it. */
export const FINANCE_REPORTS = [
  'margin',
  'contract-liability',
  'aged-receivables',
  'invoice-register',
  'tax',
  'journal',
] as const;
/** One of them. */
export type FinanceReportName = (typeof FINANCE_REPORTS)[number];

/** A finance report as it is to be written. */
export interface FinanceReport extends ReportFilter, CsvVariant {
  report: FinanceReportName;
  format: TableFormat;
}

/** The columns of a report have this version; other columns will have another. */
const SCHEMA_VERSION = '1';

/** Reports that are one statement. */
const TABLES: Readonly<
  Record<
    Exclude<FinanceReportName, 'margin'>,
    { columns: ExportColumn[]; source: (filter: ReportFilter) => RowSource }
  >
> = {
  'contract-liability': { columns: CONTRACT_LIABILITY_COLUMNS, source: contractLiabilitySource },
  'aged-receivables': { columns: AGED_RECEIVABLES_COLUMNS, source: agedReceivablesSource },
  'invoice-register': { columns: INVOICE_REGISTER_COLUMNS, source: invoiceRegisterSource },
  tax: { columns: TAX_COLUMNS, source: taxSource },
  journal: { columns: JOURNAL_COLUMNS, source: journalSource },
};

/** The plan of a finance report. */
export function planFinanceReport(report: FinanceReport): ReportPlan {
  if (report.report === 'margin') return planMargin(report);
  const { columns, source } = TABLES[report.report];
  return {
    columns,
    tables: [source(report)],
    schemaVersion: SCHEMA_VERSION,
  };
}

/** Usage is read a month at a time; what was charged to nobody follows. */
function planMargin(report: FinanceReport): ReportPlan {
  const { from, to, organizationId, legalEntityId } = report;
  const filter = { from, to, organizationId };
  const source = marginUsageSource(legalEntityId);
  return {
    columns: MARGIN_COLUMNS,
    usage: { filter, granularity: 'month', source },
    tables: [unbilledAttemptsSource(report)],
    schemaVersion: SCHEMA_VERSION,
  };
}
