import type { JsonObject } from '../core/json.js';

/**
 * Request fields that steer the router and never reach an upstream: Cortecs' router fields, and the
 * OpenRouter fields of the same purpose.
 */
export const ROUTING_FIELDS = [
  'preference',
  'allowed_providers',
  'eu_native',
  'allow_quantization',
  'allow_zero_data_retention',
  'enable_model_fallback',
  'fallbacks',
  'fallback_model',
  'provider',
  'models',
  'route',
  'transforms',
  'plugins',
] as const;

/** The routing fields that a request body carries; `null` counts as not given. */
export function routingOf(body: JsonObject): JsonObject {
  const routing: JsonObject = {};
  for (const field of ROUTING_FIELDS) {
    const value = body[field];
    if (value !== undefined && value !== null) routing[field] = value;
  }
  return routing;
}
