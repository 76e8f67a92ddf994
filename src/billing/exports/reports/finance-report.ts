import type { RowSource } from '../copy-statement.js';
import type { ExportColumn } from '../export-column.js';
import type { CsvVariant } from '../file-encoder.js';
import type { ReportPlan, TableFormat } from '../report-plan.js';
import { AGED_RECEIVABLES_COLUMNS, agedReceivablesSource } from './aged-receivables.js';
import { CONTRACT_LIABILITY_COLUMNS, contractLiabilitySource } from './contract-liability.js';
import { INVOICE_REGISTER_COLUMNS, invoiceRegisterSource } from './invoice-register.js';
import { JOURNAL_COLUMNS, journalSource } from './journal.js';
import {
  MARGIN_COLUMNS,
  marginUsageSource,
  periodEndChargesSource,
  probesSource,
  unbilledAttemptsSource,
} from './margin.js';
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

/** What each report shows, and the statements it is read with, one after another. */
const TABLES: Readonly<
  Record<FinanceReportName, { columns: ExportColumn[]; sources: ((filter: ReportFilter) => RowSource)[] }>
> = {
  margin: {
    columns: MARGIN_COLUMNS,
    sources: [marginUsageSource, unbilledAttemptsSource, probesSource, periodEndChargesSource],
  },
  'contract-liability': { columns: CONTRACT_LIABILITY_COLUMNS, sources: [contractLiabilitySource] },
  'aged-receivables': { columns: AGED_RECEIVABLES_COLUMNS, sources: [agedReceivablesSource] },
  'invoice-register': { columns: INVOICE_REGISTER_COLUMNS, sources: [invoiceRegisterSource] },
  tax: { columns: TAX_COLUMNS, sources: [taxSource] },
  journal: { columns: JOURNAL_COLUMNS, sources: [journalSource] },
};

/** The plan of a finance report. */
export function planFinanceReport(report: FinanceReport): ReportPlan {
  const { columns, sources } = TABLES[report.report];
  return { columns, tables: sources.map((source) => source(report)), schemaVersion: SCHEMA_VERSION };
}
