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

/** A provider that a request names, and the field that names it. */
export interface NamedProvider {
  slug: string;
  param: string;
}

/** How a call may and shall be routed: its own fields over the defaults of key, project and organization. */
export interface RoutingRequest {
  demands: RoutingDemands;
  wishes: RoutingWishes;
  /** Of the request itself, not of the defaults: one of these that a default names may be gone without anybody's fault. */
  named: readonly NamedProvider[];
}

/** The stored default that makes the others binding. */
const ENFORCED = 'enforced';

/**
 * Reads the router fields of a request over the defaults of its organization, project and key, in this order: a later
 * one goes over those before it, field by field, and the request over all. Whatever these say, of every defaults that are
 * enforced the stricter holds; where two enforce a wish, the organization's word comes before the project's and the key's.
 * Throws 400 naming the field (statements 80, 81); null counts as absent.
 */
export function readRouting(routing: JsonObject, defaults: readonly JsonObject[]): RoutingRequest {
  if (defaults.length === 0 && Object.keys(routing).length === 0) return NO_WISHES;
  const asked = dropNulls(routing);
  const own = readFields(asked);
  const layers = defaults.map(dropNulls);
  let read = layers.length === 0 ? own : readFields(Object.assign({}, ...layers, asked) as JsonObject);
  for (const layer of layers.toReversed()) {
    if (layer[ENFORCED] === true) read = stricter(read, readFields(layer));
  }
  return { ...read, named: own.named };
}

function readFields(fields: JsonObject): RoutingRequest {
  const given = readProviderObject(fields['provider']);
  const preference = fields['preference'];
  if (preference !== undefined && !PREFERENCES.includes(preference as Preference))
    throw invalidRequest('preference must be one of speed, cost, balanced', 'preference');
  const allowed = readTexts(fields['allowed_providers'], 'allowed_providers');
  const fallback = fields['fallback_model'];
  const name = (param: string, slugs: Names): NamedProvider[] =>
    (slugs ?? []).map((slug) => ({ slug, param }));
  return {
    named: [
      ...name('allowed_providers', allowed),
      ...name('provider.only', given.only),
      ...name('provider.ignore', given.ignore),
      ...name('provider.order', given.order),
    ],
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
  const [mine, theirs] = [own.demands, bound.demands];
  return {
    named: own.named,
    demands: {
      allowedProviders: bothOf(mine.allowedProviders, theirs.allowedProviders),
      ignoredProviders: eitherOf(mine.ignoredProviders, theirs.ignoredProviders),
      euNative: mine.euNative || theirs.euNative,
      allowQuantization: mine.allowQuantization && theirs.allowQuantization,
      quantizations: bothOf(mine.quantizations, theirs.quantizations),
      zeroDataRetentionOnly: mine.zeroDataRetentionOnly || theirs.zeroDataRetentionOnly,
      requireParameters: mine.requireParameters || theirs.requireParameters,
      maxPrice: lowestOf(mine.maxPrice, theirs.maxPrice),
    },
    wishes: {
      preference: bound.wishes.preference ?? own.wishes.preference,
      order: bound.wishes.order ?? own.wishes.order,
      minThroughput: bound.wishes.minThroughput ?? own.wishes.minThroughput,
      maxLatencyMs: bound.wishes.maxLatencyMs ?? own.wishes.maxLatencyMs,
      allowFallbacks: own.wishes.allowFallbacks && bound.wishes.allowFallbacks,
      allowModelFallback: own.wishes.allowModelFallback && bound.wishes.allowModelFallback,
      fallbackModels: bound.wishes.fallbackModels ?? own.wishes.fallbackModels,
    },
  };
}

type Names = readonly string[] | undefined;

/** Names in both lists; an absent list holds all. */
function bothOf(one: Names, other: Names): Names {
  if (!one || !other) return one ?? other;
  return one.filter((name) => other.includes(name));
}

/** Names in either list; an absent list holds none. */
const eitherOf = (one: Names, other: Names): Names =>
  one && other ? [...new Set([...one, ...other])] : (one ?? other);

function lowestOf(
  one: RoutingDemands['maxPrice'],
  other: RoutingDemands['maxPrice'],
): RoutingDemands['maxPrice'] {
  if (!one || !other) return one ?? other;
  return { input: lower(one.input, other.input), output: lower(one.output, other.output) };
}

/** The lower price; an absent one is no limit. */
function lower(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

/** Of a request that says nothing of its route, which most are. */
const NO_WISHES = readFields({});
