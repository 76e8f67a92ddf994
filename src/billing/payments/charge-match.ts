import type { PaymentAttempt } from './payment-attempt.js';
import type { ChargeFacts } from './payment-gateway.js';

/** What differs between the payment that a provider reports and the one that was ordered; null when nothing does. */
export function mismatchOf(
  attempt: Pick<PaymentAttempt, 'id' | 'amountMinor' | 'currency'>,
  method: { customerRef: string | null },
  paid: ChargeFacts,
): string | null {
  if (paid.attemptId !== null && paid.attemptId !== attempt.id) return `it is of attempt ${paid.attemptId}`;
  if (paid.currency !== attempt.currency) return `it is in ${paid.currency} instead of ${attempt.currency}`;
  if (paid.amountMinor !== attempt.amountMinor) {
    return `it is of ${paid.amountMinor} instead of ${attempt.amountMinor} minor units`;
  }
  if (paid.customerRef !== null && method.customerRef !== null && paid.customerRef !== method.customerRef) {
    return 'another customer paid';
  }
  return null;
}
