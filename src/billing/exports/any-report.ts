import { planReport, type ReportPlan, type UsageReport } from './report-plan.js';
import { planFinanceReport, type FinanceReport } from './reports/finance-report.js';

/** Any report, as it is to be written. */
export type Report = UsageReport | FinanceReport;

/** How a report is read. */
export const planOf = (report: Report): ReportPlan =>
  'report' in report ? planFinanceReport(report) : planReport(report);
