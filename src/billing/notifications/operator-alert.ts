import type { JsonObject } from '../../core/json.js';

/** Topic of outbox entries that the operator, no customer, is to be told: `{type, data}`. */
export const OPERATOR_ALERT = 'operator_alert';

const SUBJECTS: Readonly<Record<string, string>> = {
  'books.violated': 'The books are not right',
  'provider_cost.drifted': 'Providers take something else than was accrued',
};

/** An alert as an e-mail; an unknown type is its own subject. */
export const operatorMail = (type: string, data: JsonObject): { subject: string; text: string } => ({
  subject: `Faregate: ${SUBJECTS[type] ?? type}`,
  text: `${SUBJECTS[type] ?? type} (${type}).\n\n${JSON.stringify(data, null, 2)}\n`,
});
