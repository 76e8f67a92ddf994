import type { CompatibilityProfile } from '../core/compatibility.js';
import type { HoldOutcome } from '../billing/holds/hold-port.js';
import type { RateLimitAnswer } from './rate-limit-port.js';
import { rateLimitRefusal, refusalOf } from './refusal.js';

const PROFILES: CompatibilityProfile[] = ['standard', 'octen', 'octopusx', 'cortecs'];
const MONEY: Exclude<HoldOutcome, 'placed'>[] = [
  'payment_method_required',
  'wallet_blocked',
  'insufficient_balance',
  'budget_exceeded',
];

describe('the refusal of a hold', () => {
  it.each(MONEY)('%s is a 402 that tells SDKs not to try again, and a 403 for Octen', (outcome) => {
    for (const profile of PROFILES) {
      const refusal = refusalOf(outcome, profile);
      expect(refusal.status).toBe(profile === 'octen' ? 403 : 402);
      expect(refusal.details.shouldRetry).toBe(false);
      expect(refusal.details.retryAfterSeconds).toBeUndefined();
    }
  });

  it('gives each money refusal the code that callers are promised', () => {
    expect(MONEY.map((outcome) => refusalOf(outcome, 'standard').details.code)).toEqual([
      'payment_method_required',
      'payment_method_required',
      'insufficient_balance',
      'budget_exceeded',
    ]);
  });

  it('is a 429 with a time to wait when only calls in flight hold the balance, in every profile', () => {
    for (const profile of PROFILES)
      expect(refusalOf('in_flight', profile)).toMatchObject({
        status: 429,
        details: { code: 'in_flight_budget_exhausted', retryAfterSeconds: 2 },
      });
  });

  it('does not tell an unknown key from a revoked or expired one', () => {
    const [unknown, ...others] = (['key_unknown', 'key_revoked', 'key_expired'] as const).map((outcome) =>
      refusalOf(outcome, 'standard'),
    );
    expect(unknown?.status).toBe(401);
    for (const other of others) expect(other).toEqual(unknown);
  });

  it('is a 403 for a suspended organization', () => {
    expect(refusalOf('organization_suspended', 'standard').status).toBe(403);
  });
});

it('a rate limit says which limit it was and how long to wait, rounded up', () => {
  const standing = { limit: 60, remaining: 0, resetMs: 1_000 };
  const refusedBy = { scope: 'project', name: 'requests', limit: 60 } as const;
  const answer: RateLimitAnswer = {
    refusedBy,
    retryAfterMs: 1_001,
    requests: standing,
    tokens: undefined,
    end: () => undefined,
  };
  const refusal = rateLimitRefusal(answer, refusedBy);
  expect(refusal).toMatchObject({
    status: 429,
    message: expect.stringContaining('this project is limited to 60 requests per minute') as string,
    details: { code: 'rate_limit_exceeded', retryAfterSeconds: 2 },
  });
});
