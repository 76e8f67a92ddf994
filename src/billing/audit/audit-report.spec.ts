import { countViolations, formatAudit, showAudit } from './audit-report.js';

const right = { id: 'I01', title: 'all is well', violations: 0, sample: [] };
const wrong = { id: 'F02', title: 'budgets add up', violations: 1_234, sample: ['a|b', 'c|d'] };

it('prints one line per check, where to look for what is wrong, and a verdict', () => {
  expect(formatAudit([right, wrong]).split('\n')).toEqual([
    'ID   VIOLATIONS  RULE',
    'I01          0  all is well',
    'F02       1234  budgets add up',
    '                  a|b',
    '                  c|d',
    '1234 violations.',
  ]);
  expect(formatAudit([right])).toContain('The books are right.');
});

it('answers each check with its count', () => {
  expect(countViolations([right, wrong, wrong])).toBe(2_468);
  expect(showAudit([right])).toEqual({ object: 'audit', violations: 0, checks: [right] });
});
