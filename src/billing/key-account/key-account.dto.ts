import {
  flag,
  listOf,
  mapOf,
  money,
  nullableMoney,
  nullableText,
  nullableTime,
  nullableWhole,
  objectOf,
  open,
  text,
  time,
  whole,
  word,
} from '../../platform/http/openapi-schema.js';
import { REQUEST_STATUSES } from '../usage/request-record.js';

const currency = { ...text, example: 'USD' };
const nullableOpen = { ...open, nullable: true };

/** A key, as documented; showKey makes it. */
export const KEY = {
  data: objectOf({
    id: { ...text, example: 'key_0199…' },
    label: text,
    currency,
    usage: money,
    usage_daily: money,
    usage_weekly: money,
    usage_monthly: money,
    limit: { ...nullableMoney, description: "The key's own cap; null: none." },
    limit_remaining: nullableMoney,
    limit_reset: { ...nullableText, enum: ['daily', 'weekly', 'monthly', null] },
    is_free_tier: flag,
    allowed_models: { ...listOf(text), description: 'Empty: every model.' },
    rate_limit: { ...objectOf({ requests: whole, interval: text }), nullable: true },
    expires_at: nullableTime,
  }),
};

/** The credit a key spends from, as documented; showCredits makes it. */
export const CREDITS = {
  data: objectOf({
    currency,
    total_credits: money,
    total_usage: money,
    balance: money,
    held: { ...money, description: 'Set aside for running calls.' },
    available: { ...money, description: 'What a new call could spend.' },
  }),
};

const CHARGE_LINE = objectOf({
  token_class: text,
  quantity: text,
  unit_price: text,
  unit_price_per: text,
  rated: text,
  amount: money,
  arithmetic: text,
});

const ATTEMPT = objectOf({
  provider: text,
  outcome: text,
  status: nullableWhole,
  error_type: nullableText,
  duration_ms: whole,
});

/** A call, as documented; showGeneration makes it. */
export const GENERATION = {
  data: objectOf({
    id: text,
    request_id: { ...text, example: 'req_0199…' },
    model: text,
    provider_name: text,
    api_type: text,
    created_at: time,
    streamed: flag,
    status: word(...REQUEST_STATUSES),
    cancelled: flag,
    finish_reason: nullableText,
    upstream_id: nullableText,
    latency: { ...nullableWhole, description: 'Milliseconds to the first token.' },
    generation_time: { ...nullableWhole, description: 'Milliseconds.' },
    tokens_prompt: whole,
    tokens_completion: whole,
    native_tokens_prompt: whole,
    native_tokens_completion: whole,
    native_tokens_cached: whole,
    native_tokens_reasoning: nullableWhole,
    num_search_results: whole,
    total_cost: nullableMoney,
    usage: nullableMoney,
    currency,
    estimated: flag,
    warnings: listOf(text),
    route: { ...nullableOpen, description: 'Why it went where it went.' },
    charge: listOf(CHARGE_LINE),
    attempts: listOf(ATTEMPT),
  }),
};

const number = { type: 'number' } as const;
const seconds = { ...whole, description: 'Seconds since 1970; 0: never.' };

/** What New API shows of a key, as documented; tokenUsage makes it. */
export const TOKEN_USAGE = {
  code: flag,
  message: text,
  data: objectOf({
    object: word('token_usage'),
    name: text,
    total_granted: number,
    total_used: { ...number, description: '500,000 are one unit of the currency.' },
    total_available: number,
    unlimited_quota: flag,
    model_limits: mapOf(flag),
    model_limits_enabled: flag,
    expires_at: seconds,
  }),
};

/** A key's limits, as documented; subscription makes it. */
export const SUBSCRIPTION = {
  object: word('billing_subscription'),
  has_payment_method: flag,
  soft_limit_usd: number,
  hard_limit_usd: number,
  system_hard_limit_usd: number,
  access_until: seconds,
};

/** What a key spent, as documented; billingUsage makes it. */
export const BILLING_USAGE = {
  object: word('list'),
  total_usage: { ...number, description: "Hundredths of the currency's unit." },
};
