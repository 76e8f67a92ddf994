import { invalidRequest } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';

/** What a caller demands of the upstream that serves a call. Demands are never relaxed. */
export interface RoutingDemands {
  /** Provider slugs that may serve; absent means any. */
  allowedProviders?: readonly string[] | undefined;
  /** Only providers based and regulated in the EU. */
  euNative: boolean;
  /** Whether quantised deployments may serve. */
  allowQuantization: boolean;
  /** Only providers that keep nothing. The field's name says the opposite of what its owner documents. */
  zeroDataRetentionOnly: boolean;
}

const PREFERENCES = ['speed', 'cost', 'balanced'];

/**
 * Reads the router fields of a request over the defaults of its project and organization. Throws 400 naming the
 * field (statements 80, 81); null counts as absent.
 */
export function readRoutingDemands(routing: JsonObject, defaults: JsonObject): RoutingDemands {
  const fields = { ...dropNulls(defaults), ...dropNulls(routing) };
  const preference = fields['preference'];
  if (preference !== undefined && (typeof preference !== 'string' || !PREFERENCES.includes(preference))) {
    throw invalidRequest('preference must be one of speed, cost, balanced', 'preference');
  }
  // Checked like the others, though one deployment serves a call and nothing falls back.
  readFlag(fields, 'enable_model_fallback', false);
  return {
    allowedProviders: readSlugs(fields['allowed_providers']),
    euNative: readFlag(fields, 'eu_native', false),
    allowQuantization: readFlag(fields, 'allow_quantization', true),
    zeroDataRetentionOnly: readFlag(fields, 'allow_zero_data_retention', false),
  };
}

function dropNulls(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

function readFlag(fields: JsonObject, name: string, fallback: boolean): boolean {
  const value = fields[name];
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'boolean') throw invalidRequest(`${name} must be a boolean`, name);
  return value;
}

function readSlugs(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length === 0 || !value.every((slug) => typeof slug === 'string')) {
    throw invalidRequest(
      'allowed_providers must be a non-empty array of provider names',
      'allowed_providers',
    );
  }
  return value as string[];
}
