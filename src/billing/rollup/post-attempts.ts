import { providerCost, type Posting } from '../ledger/posting.js';

/** An attempt that cost something and is charged to nobody, about to be posted. */
export interface UnbilledAttempt {
  /** UUID of the call. */
  requestId: string;
  /** Which attempt of the call. */
  seq: number;
  organizationId: string;
  /** Whose call it was; its balance is not touched. */
  walletId: string;
  providerId: string;
  providerSlug: string;
  /** UTC, of the call. */
  day: string;
  /** Above 0. */
  costNano: bigint;
  /** ISO 4217, the wallet's. */
  currency: string;
}

/** What the ledger is told of attempts: one transaction for each wallet, provider and day of a batch. */
export interface AttemptCosts {
  /** `attempt_cost:<wallet>:<provider>:<day>:<first call>:<seq>`. The books checks read provider and day from it. */
  idempotencyKey: string;
  kind: 'attempt_cost';
  organizationId: string;
  walletId: null;
  currency: string;
  description: string;
  postings: Posting[];
}

/** Posts attempts as what they are, a cost of sales owed to the provider, in the books of whom the customer buys from. */
export function postAttempts(attempts: readonly UnbilledAttempt[]): AttemptCosts[] {
  const groups = new Map<string, [UnbilledAttempt, ...UnbilledAttempt[]]>();
  for (const attempt of attempts) {
    const key = `${attempt.walletId}:${attempt.providerId}:${attempt.day}`;
    const group = groups.get(key);
    if (group) group.push(attempt);
    else groups.set(key, [attempt]);
  }
  return [...groups].map(([key, group]) => {
    const [first] = group;
    return {
      idempotencyKey: `attempt_cost:${key}:${first.requestId}:${first.seq}`,
      kind: 'attempt_cost',
      organizationId: first.organizationId,
      walletId: null,
      currency: first.currency,
      description: `${group.length === 1 ? '1 attempt' : `${group.length} attempts`} at ${first.providerSlug} on ${first.day}, charged to nobody`,
      postings: providerCost(group.reduce((sum, { costNano }) => sum + costNano, 0n)),
    };
  });
}
