import { invalidRequest } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { readProviderObject } from './provider-object.js';
import {
  dropNulls,
  readFlag,
  readNames,
  readTexts,
  PREFERENCES,
  type Preference,
} from './routing-fields-reader.js';

/** What a caller demands of the upstream that serves a call. Demands are never relaxed, whatever fails. */
export interface RoutingDemands {
  /** Provider slugs that may serve; absent means any. */
  allowedProviders?: readonly string[] | undefined;
  /** Provider slugs that may not serve. */
  ignoredProviders?: readonly string[] | undefined;
  /** Only providers based and regulated in the EU. */
  euNative: boolean;
  /** Whether quantised deployments may serve. */
  allowQuantization: boolean;
  /** Quantisations that may serve, "unknown" for full precision; absent means any. */
  quantizations?: readonly string[] | undefined;
  /** Only providers that keep nothing. The field's name says the opposite of what its owner documents. */
  zeroDataRetentionOnly: boolean;
  /** Only upstreams that take every parameter of the request. */
  requireParameters: boolean;
  /** Highest list prices, 1e-12 of a major unit per token; an absent class is not limited. */
  maxPrice?: { input?: bigint | undefined; output?: bigint | undefined } | undefined;
}

/** How candidates that meet the demands are put in order. */
export interface RoutingWishes {
  /** Absent: by weight (statement 68). */
  preference?: Preference | undefined;
  /** Providers to try first, in this order. */
  order?: readonly string[] | undefined;
  /** Tokens a second below which a deployment goes behind those that are faster; absent: no matter. */
  minThroughput?: number | undefined;
  /** Milliseconds to the first token above which a deployment goes behind; absent: no matter. */
  maxLatencyMs?: number | undefined;
  /** Whether another deployment may be tried when the first fails. */
  allowFallbacks: boolean;
  /** Whether another model may answer (Cortecs; default true). */
  allowModelFallback: boolean;
  /** Models to try after the one asked for, in the caller's order; absent: those of the catalogue. */
  fallbackModels?: readonly string[] | undefined;
}

export interface RoutingRequest {
  demands: RoutingDemands;
  wishes: RoutingWishes;
}

/** The stored default that makes the others binding. */
const ENFORCED = 'enforced';

/**
 * Reads the router fields of a request over the defaults of its project and organization. Where the defaults are
 * enforced, the stricter of both holds. Throws 400 naming the field (statements 80, 81); null counts as absent.
 */
export function readRouting(routing: JsonObject, defaults: JsonObject): RoutingRequest {
  const { [ENFORCED]: enforced, ...stored } = dropNulls(defaults);
  const asked = dropNulls(routing);
  if (enforced !== true) return readFields({ ...stored, ...asked });
  return stricter(readFields(asked), readFields(stored));
}

function readFields(fields: JsonObject): RoutingRequest {
  const given = readProviderObject(fields['provider']);
  const preference = fields['preference'];
  if (preference !== undefined && !PREFERENCES.includes(preference as Preference))
    throw invalidRequest('preference must be one of speed, cost, balanced', 'preference');
  const allowed = readTexts(fields['allowed_providers'], 'allowed_providers');
  const fallback = fields['fallback_model'];
  return {
    demands: {
      allowedProviders: bothOf(allowed, given.only),
      ignoredProviders: given.ignore,
      euNative: readFlag(fields, 'eu_native', false),
      allowQuantization: readFlag(fields, 'allow_quantization', true),
      quantizations: given.quantizations,
      zeroDataRetentionOnly: readFlag(fields, 'allow_zero_data_retention', false) || given.keepsNothing,
      requireParameters: given.requireParameters,
      maxPrice: given.maxPrice,
    },
    wishes: {
      preference: (preference as Preference | undefined) ?? given.sort,
      order: given.order,
      minThroughput: given.minThroughput,
      maxLatencyMs: given.maxLatencyMs,
      allowFallbacks: given.allowFallbacks,
      allowModelFallback: readFlag(fields, 'enable_model_fallback', true),
      fallbackModels:
        readNames(fields['models'], 'models') ??
        readNames(fields['fallbacks'], 'fallbacks') ??
        (fallback === undefined ? undefined : readTexts([fallback], 'fallback_model')),
    },
  };
}

/** What both a request and binding defaults allow. */
function stricter(own: RoutingRequest, bound: RoutingRequest): RoutingRequest {
  return {
    demands: {
      ...own.demands,
      allowedProviders: bothOf(own.demands.allowedProviders, bound.demands.allowedProviders),
      euNative: own.demands.euNative || bound.demands.euNative,
      allowQuantization: own.demands.allowQuantization && bound.demands.allowQuantization,
      zeroDataRetentionOnly: own.demands.zeroDataRetentionOnly || bound.demands.zeroDataRetentionOnly,
    },
    wishes: {
      ...own.wishes,
      preference: bound.wishes.preference ?? own.wishes.preference,
      allowModelFallback: own.wishes.allowModelFallback && bound.wishes.allowModelFallback,
    },
  };
}

/** Providers in both lists; an absent list holds all. */
function bothOf(
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): readonly string[] | undefined {
  if (!one || !other) return one ?? other;
  return one.filter((slug) => other.includes(slug));
}
