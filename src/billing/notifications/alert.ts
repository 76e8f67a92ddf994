import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import type { JsonObject } from '../../core/json.js';

/** When a customer wants to be told. */
export interface AlertRule {
  organizationId: string;
  /** Balances less holds, in nano; one is reached when the balance is below it. */
  balanceBelowNano: bigint[];
  /** Parts of a budget that is spent, in percent. */
  budgetPercent: number[];
  emails: string[];
}

/** A rule as the API shows it. */
export const alertRuleView = (rule: AlertRule) => ({
  object: 'alerts' as const,
  organization: publicId('organization', rule.organizationId),
  balance_below: rule.balanceBelowNano.map(formatNano),
  budget_percent: rule.budgetPercent,
  emails: rule.emails,
});

/** An e-mail about an event: what happened in a sentence, and its figures. */
export function mailOf(type: string, data: JsonObject): { subject: string; text: string } {
  const subject = `[Faregate] ${SUBJECTS[type] ?? type}`;
  const lines = Object.entries(data).flatMap(([name, value]) =>
    value === null || typeof value === 'object' ? [] : [`${name}: ${String(value)}`],
  );
  return { subject, text: `${SUBJECTS[type] ?? type}.\n\n${lines.join('\n')}\n` };
}

const SUBJECTS: Readonly<Record<string, string>> = {
  'payment.failed': 'A payment failed',
  'payment.requires_action': 'A payment waits for its payer to authenticate',
  'dispute.opened': 'A payment is disputed',
  'balance.below_threshold': 'The balance is below a threshold',
  'budget.threshold_reached': 'A budget has reached a threshold',
  'invoice.past_due': 'An invoice is past due',
};
