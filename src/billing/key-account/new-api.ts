import { shownNumber } from '../../core/shown-number.js';
import { leftOf, availableOf, type KeyAccount, type KeyCredits } from './key-account.js';

/** New API counts money in "quota": 500,000 are one unit of the currency (docs.newapi.pro, statement 74). */
const NANO_PER_QUOTA = 2_000n;
/** What New API says of a key without a cap of its own. */
const UNLIMITED_USD = 100_000_000;

/** Spent money rounds up and money left rounds down, so that nobody is promised what is not there. */
const quotaUp = (nano: bigint): number => shownNumber((nano + NANO_PER_QUOTA - 1n) / NANO_PER_QUOTA, 0);
const quotaDown = (nano: bigint): number => shownNumber(nano / NANO_PER_QUOTA, 0);

/** `GET /api/usage/token/` (statement 78): granted is always used and available together. */
export function tokenUsage(account: KeyAccount, credits: KeyCredits) {
  const used = quotaUp(account.budget ? account.budget.takenNano : account.usedNano);
  const available = quotaDown(account.budget ? leftOf(account.budget) : availableOf(credits));
  return {
    code: true,
    message: 'ok',
    data: {
      object: 'token_usage',
      name: account.name,
      total_granted: used + available,
      total_used: used,
      total_available: available,
      unlimited_quota: account.budget === null,
      model_limits: Object.fromEntries(account.allowedModels.map((model) => [model, true])),
      model_limits_enabled: account.allowedModels.length > 0,
      expires_at: account.expiresAt ? Math.floor(account.expiresAt.getTime() / 1000) : 0,
    },
  };
}

/** `GET [/v1]/dashboard/billing/subscription` (statement 78): limits in whole and broken units of the currency. */
export function subscription(account: KeyAccount, credits: KeyCredits) {
  const limit = account.budget ? shownNumber(account.budget.amountNano, 9) : UNLIMITED_USD;
  return {
    object: 'billing_subscription',
    has_payment_method: credits.hasPaymentMethod,
    soft_limit_usd: limit,
    hard_limit_usd: limit,
    system_hard_limit_usd: limit,
    access_until: account.expiresAt ? Math.floor(account.expiresAt.getTime() / 1000) : 0,
  };
}

/** `GET [/v1]/dashboard/billing/usage` (statement 78): in hundredths of the currency's unit. */
export const billingUsage = (account: KeyAccount) => ({
  object: 'list',
  total_usage: shownNumber(account.budget ? account.budget.takenNano : account.usedNano, 7),
});
