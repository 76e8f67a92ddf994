import { publicId } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import { showChargeLine, type RequestDetail } from '../usage/request-record.js';

/** What a key may see of its own account. Amounts in nano of `currency`. */
export interface KeyAccount {
  keyId: string;
  name: string;
  currency: string;
  /** Everything charged to the key, reversals taken off: since ever, and since the day, week and month began (UTC). */
  usedNano: bigint;
  usedDailyNano: bigint;
  usedWeeklyNano: bigint;
  usedMonthlyNano: bigint;
  /** The key's own spending cap; null: none, only the account's balance limits it. */
  budget: { amountNano: bigint; window: string; takenNano: bigint } | null;
  /** Requests a minute; null: no limit of the key's own. */
  requestsPerMinute: number | null;
  /** Canonical ids or aliases; empty: every model. */
  allowedModels: string[];
  /** Null: never. */
  expiresAt: Date | null;
}

/** The wallet a key spends from, in nano of `currency`. */
export interface KeyCredits {
  currency: string;
  /** Credit ever granted, of every kind. */
  grantedNano: bigint;
  balanceNano: bigint;
  heldNano: bigint;
  overdraftNano: bigint;
  hasPaymentMethod: boolean;
}

/** What is left of a cap, never below nothing. */
export const leftOf = (budget: { amountNano: bigint; takenNano: bigint }): bigint =>
  budget.takenNano >= budget.amountNano ? 0n : budget.amountNano - budget.takenNano;

/** What a wallet can still pay for. */
export const availableOf = ({ balanceNano, heldNano, overdraftNano }: KeyCredits): bigint => {
  const left = balanceNano - heldNano + overdraftNano;
  return left > 0n ? left : 0n;
};

/** `GET /v1/key`, in the members of OpenRouter's "get current key"; amounts as decimal texts. */
export const showKey = (account: KeyAccount) => ({
  data: {
    id: publicId('key', account.keyId),
    label: account.name,
    currency: account.currency,
    usage: formatNano(account.usedNano),
    usage_daily: formatNano(account.usedDailyNano),
    usage_weekly: formatNano(account.usedWeeklyNano),
    usage_monthly: formatNano(account.usedMonthlyNano),
    limit: account.budget && formatNano(account.budget.amountNano),
    limit_remaining: account.budget && formatNano(leftOf(account.budget)),
    limit_reset: account.budget && account.budget.window !== 'lifetime' ? account.budget.window : null,
    is_free_tier: false,
    allowed_models: account.allowedModels,
    rate_limit:
      account.requestsPerMinute === null ? null : { requests: account.requestsPerMinute, interval: '1m' },
    expires_at: account.expiresAt?.toISOString() ?? null,
  },
});

/** `GET /v1/credits`, in the members of OpenRouter's "get credits" and the balance behind them. */
export const showCredits = (credits: KeyCredits) => ({
  data: {
    currency: credits.currency,
    total_credits: formatNano(credits.grantedNano),
    total_usage: formatNano(credits.grantedNano - credits.balanceNano),
    balance: formatNano(credits.balanceNano),
    held: formatNano(credits.heldNano),
    available: formatNano(availableOf(credits)),
  },
});

/**
 * `GET /v1/generation`, in the members of OpenRouter's "get a generation", with the route, the attempts and the
 * arithmetic of the charge. What the providers take and what the house bore is not the caller's business.
 */
export function showGeneration(id: string, { request, route, attempts, charge }: RequestDetail) {
  const quantityOf = (...classes: string[]): number =>
    Number(
      (charge?.lines ?? [])
        .filter(({ tokenClass }) => classes.includes(tokenClass))
        .reduce((sum, { quantity }) => sum + quantity, 0n),
    );
  const prompt = quantityOf('input', 'cache_read', 'cache_write_5m', 'cache_write_1h');
  const completion = quantityOf('output');
  return {
    data: {
      id,
      request_id: publicId('request', request.id),
      model: request.model,
      provider_name: request.provider,
      api_type: request.protocol,
      created_at: request.startedAt.toISOString(),
      streamed: request.streamed,
      status: request.status,
      cancelled: request.status === 'aborted',
      finish_reason: request.finishReason,
      upstream_id: request.upstreamId,
      latency: request.firstTokenMs,
      generation_time: request.durationMs,
      tokens_prompt: prompt,
      tokens_completion: completion,
      native_tokens_prompt: prompt,
      native_tokens_completion: completion,
      native_tokens_cached: quantityOf('cache_read'),
      native_tokens_reasoning: charge?.reasoningTokens ?? null,
      num_search_results: quantityOf('search'),
      total_cost: request.amountNano === null ? null : formatNano(request.amountNano),
      usage: request.amountNano === null ? null : formatNano(request.amountNano),
      currency: request.currency,
      estimated: charge?.estimated ?? false,
      warnings: request.warnings,
      route,
      charge: (charge?.lines ?? []).map((line) => {
        const { token_class, quantity, unit_price, unit_price_per, rated, amount, arithmetic } =
          showChargeLine(line);
        return { token_class, quantity, unit_price, unit_price_per, rated, amount, arithmetic };
      }),
      attempts: attempts.map((attempt) => ({
        provider: attempt.provider,
        outcome: attempt.outcome,
        status: attempt.status,
        error_type: attempt.errorType,
        duration_ms: attempt.durationMs,
      })),
    },
  };
}
