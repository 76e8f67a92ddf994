import { organizationSuspended } from '../auth/key-rights.js';
import type { HoldOutcome } from '../billing/holds/hold-port.js';
import type { CompatibilityProfile } from '../core/compatibility.js';
import { FaregateError } from '../core/errors.js';
import { rateLimitHeaders } from './rate-limit-headers.js';
import type { LimitScope, RateLimitAnswer, RefusingLimit } from './rate-limit-port.js';

const MONEY_REFUSALS = {
  payment_method_required:
    'No usable payment method is on file and there is no credit. Add a payment method.',
  wallet_blocked: 'The account is blocked until its payment method is put right.',
  insufficient_balance:
    'The balance does not cover what this request may cost. Add credit or lower max_tokens.',
  budget_exceeded:
    'The budget of the key, project or organization does not cover what this request may cost.',
} as const;

/** Seconds after which calls under way have probably released some of the balance. */
const IN_FLIGHT_RETRY_SECONDS = 2;

/**
 * The error for a hold that was not placed. Money refusals are 402, in the `octen` profile 403 (statement 46); a
 * balance that only calls in flight hold is a 429, because waiting helps.
 */
export function refusalOf(
  outcome: Exclude<HoldOutcome, 'placed'>,
  profile: CompatibilityProfile,
): FaregateError {
  switch (outcome) {
    case 'key_unknown':
    case 'key_revoked':
    case 'key_expired':
      return new FaregateError('authentication', 'Invalid API key', { code: 'invalid_api_key' });
    case 'organization_suspended':
      return organizationSuspended();
    case 'in_flight':
      return new FaregateError(
        'rate_limit',
        'Requests in flight hold the remaining balance; try again when they end',
        {
          code: 'in_flight_budget_exhausted',
          retryAfterSeconds: IN_FLIGHT_RETRY_SECONDS,
        },
      );
    case 'wallet_blocked':
    case 'payment_method_required':
    case 'insufficient_balance':
    case 'budget_exceeded':
      return new FaregateError(profile === 'octen' ? 'permission' : 'billing', MONEY_REFUSALS[outcome], {
        code: outcome === 'wallet_blocked' ? 'payment_method_required' : outcome,
        shouldRetry: false,
      });
  }
}

const UNITS = {
  requests: 'requests per minute',
  tokens: 'tokens per minute',
  concurrency: 'requests at the same time',
} as const;

const HOLDERS: Record<LimitScope, string> = {
  key: 'this key',
  project: 'this project',
  organization: 'this organization',
  model: "this organization's use of the model",
};

/** The error for a call that is above a limit: 429 with the time to wait (statement 47). */
export function rateLimitRefusal(
  answer: RateLimitAnswer,
  { scope, name, limit }: RefusingLimit,
): FaregateError {
  const seconds = Math.ceil(answer.retryAfterMs / 1_000);
  return new FaregateError(
    'rate_limit',
    `Rate limit reached: ${HOLDERS[scope]} is limited to ${limit} ${UNITS[name]}. Try again in ${seconds}s.`,
    { code: 'rate_limit_exceeded', retryAfterSeconds: seconds, headers: rateLimitHeaders(answer) },
  );
}
