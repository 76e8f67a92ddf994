import {
  decimal,
  listOf,
  nullableTime,
  nullableWhole,
  objectOf,
  text,
  whole,
  word,
} from '../platform/http/openapi-schema.js';

const BREAKER = objectOf({
  state: word('closed', 'open', 'half_open'),
  failures: whole,
  ejected_until: nullableTime,
  resting_until: nullableTime,
});

/** How a deployment does, as documented; DeploymentHealthController makes it. */
export const DEPLOYMENT_HEALTH = objectOf({
  object: word('deployment_health'),
  deployment: { ...text, example: 'dep_0199…' },
  model: text,
  provider: text,
  breaker: BREAKER,
  credentials: listOf(objectOf({ id: text, name: text, breaker: BREAKER, quota: BREAKER })),
  first_token_ms: nullableWhole,
  tokens_per_second: nullableWhole,
  error_rate: { ...decimal, description: '0 to 1.' },
  cache_share: { ...decimal, description: '0 to 1.' },
});
