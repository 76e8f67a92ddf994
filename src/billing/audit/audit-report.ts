import type { CheckResult } from './audit.service.js';

/** All violations of a run together. */
export const countViolations = (results: readonly Pick<CheckResult, 'violations'>[]): number =>
  results.reduce((sum, { violations }) => sum + violations, 0);

/** A run as the API and the command line show it. */
export const showAudit = (results: readonly CheckResult[]) => ({
  object: 'audit',
  violations: countViolations(results),
  checks: results.map(({ id, title, violations, sample }) => ({ id, title, violations, sample })),
});

/** A run as a table for people: one line per check, and where to look for those that found something. */
export function formatAudit(results: readonly CheckResult[]): string {
  const lines = results.flatMap(({ id, title, violations, sample }) => [
    `${id}  ${String(violations).padStart(9)}  ${title}`,
    ...sample.map((where) => `                  ${where}`),
  ]);
  const total = countViolations(results);
  const verdict = total === 0 ? 'The books are right.' : `${total} violations.`;
  return ['ID   VIOLATIONS  RULE', ...lines, verdict].join('\n');
}
