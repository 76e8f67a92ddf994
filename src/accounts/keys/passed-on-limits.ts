import { FaregateError } from '../../core/errors.js';
import { parseNano } from '../../core/money.js';
import type { RateLimitSettings } from '../../core/rate-limits.js';
import type { BudgetView } from '../budgets/budget.js';
import { isWithinRange } from './ip-range.js';

/** What limits a key, as the API writes it. */
export interface KeyLimits {
  /** Empty: every model. */
  allowed_models: string[];
  /** Empty: from anywhere. */
  allowed_ips: string[];
  /** RFC 3339; null: never. */
  expires_at: string | null;
  /** Null and absent: unlimited. */
  rate_limits: RateLimitSettings;
  /** Null: no cap. */
  budget: BudgetView | null;
}

/** As much of it as a body says. */
export type GivenLimits = { [Name in keyof KeyLimits]?: KeyLimits[Name] | undefined };

const RATE_LIMITS = ['requests_per_minute', 'tokens_per_minute', 'concurrency'] as const;

/**
 * The limits of a key that a management key makes: its own wherever the body says nothing. Throws permission, naming the field,
 * for what is wider than its own.
 */
export function limitsOfNewKey(own: KeyLimits, given: GivenLimits): KeyLimits {
  const asked = limitsOfChange(own, given);
  return {
    allowed_models: asked.allowed_models ?? own.allowed_models,
    allowed_ips: asked.allowed_ips ?? own.allowed_ips,
    expires_at: asked.expires_at === undefined ? own.expires_at : asked.expires_at,
    rate_limits: asked.rate_limits ?? passedOn(own.rate_limits, {}),
    budget: asked.budget === undefined ? own.budget : asked.budget,
  };
}

/**
 * The limits that a management key may set on a key that there is, of those the body names; single rate limits that it does not
 * name are the manager's own. Throws permission, naming the field, for what is wider than its own.
 */
export function limitsOfChange(own: KeyLimits, given: GivenLimits): Partial<KeyLimits> {
  const { allowed_models: models, allowed_ips: ips, expires_at: end, rate_limits: rates, budget } = given;
  const limits: Partial<KeyLimits> = {};
  if (models !== undefined) limits.allowed_models = listed('allowed_models', models, own.allowed_models);
  if (ips !== undefined) limits.allowed_ips = listed('allowed_ips', ips, own.allowed_ips, isWithinRange);
  if (end !== undefined) limits.expires_at = ending(end, own.expires_at);
  if (rates !== undefined) limits.rate_limits = passedOn(own.rate_limits, rates);
  if (budget !== undefined) limits.budget = capped(budget, own.budget);
  return limits;
}

const wider = (param: string): FaregateError =>
  new FaregateError('permission', `${param} must not go beyond that of this management key`, {
    param,
    code: 'beyond_management_key',
  });

/** Names are compared as they are written: an alias may mean another model tomorrow. */
function listed(
  param: string,
  given: string[],
  own: string[],
  fits = (item: string, allowed: string): boolean => item === allowed,
): string[] {
  const isSubset = given.every((item) => own.some((allowed) => fits(item, allowed)));
  if (own.length > 0 && (given.length === 0 || !isSubset)) throw wider(param);
  return given;
}

function ending(given: string | null, own: string | null): string | null {
  if (own !== null && (given === null || Date.parse(given) > Date.parse(own))) throw wider('expires_at');
  return given;
}

function passedOn(own: RateLimitSettings, given: RateLimitSettings): RateLimitSettings {
  const limits: RateLimitSettings = {};
  for (const name of RATE_LIMITS) {
    const [most, asked] = [own[name] ?? null, given[name]];
    const limit = asked === undefined ? most : asked;
    if (most !== null && (limit === null || limit > most)) throw wider(`rate_limits.${name}`);
    limits[name] = limit;
  }
  return limits;
}

/** Days lie within weeks and months, and all within a lifetime; a week may lie in two months. */
function capped(given: BudgetView | null, own: BudgetView | null): BudgetView | null {
  if (own === null) return given;
  if (given === null || parseNano(given.amount) > parseNano(own.amount)) throw wider('budget');
  const coversOwnWindow =
    given.window === own.window || own.window === 'daily' || given.window === 'lifetime';
  if (!coversOwnWindow) throw wider('budget');
  return given;
}
