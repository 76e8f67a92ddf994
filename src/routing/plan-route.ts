import type { CatalogModel, Deployment } from '../catalog/model.js';
import { FaregateError, invalidRequest } from '../core/errors.js';
import type { ParameterName } from '../protocols/completion.js';
import type { NamedProvider, RoutingDemands } from './routing-preferences.js';

/** An optional parameter under both its names. */
export interface UsedParameter {
  name: ParameterName;
  /** As the catalogue's capabilities write it. */
  capability: string;
}

/** What a call needs of whoever serves it. */
export interface RouteNeeds {
  /** Capabilities without which an answer would leave out what was asked ("image_input"); names as the catalogue's. */
  capabilities: readonly string[];
  /** The optional parameters that the request uses. */
  parameters: readonly UsedParameter[];
  /** Likely input tokens, a low estimate: who cannot even take these is left out. */
  inputTokens: number;
  /** Output limit that the caller asked for; absent: none. */
  outputTokens?: number | undefined;
}

/** A deployment with what a route has to know of it. */
export interface RouteOption {
  model: CatalogModel;
  deployment: Deployment;
  /** Optional parameters that the vendor refuses. */
  refuses: readonly ParameterName[];
  /** List prices, 1e-12 of a major unit per token; absent: not priced. */
  inputPrice?: bigint | undefined;
  outputPrice?: bigint | undefined;
}

/** What is known when the candidates of one model are filtered. */
export interface RouteQuestion {
  modelId: string;
  options: readonly RouteOption[];
  demands: RoutingDemands;
  /** Providers that the request itself names; one that does not exist is a fault of the request. */
  named: readonly NamedProvider[];
  needs: RouteNeeds;
  /** Deployments that may serve the key's group; absent: every one. */
  groupDeployments?: ReadonlySet<string> | undefined;
  /** Whether a provider of this slug exists at all. */
  isProvider: (slug: string) => boolean;
}

/** One filter: the request's own name for it, whether it was asked for, and who passes. */
interface Filter {
  name: string;
  applies: (question: RouteQuestion) => boolean;
  passes: (option: RouteOption, question: RouteQuestion) => boolean;
}

/**
 * The deployments that may serve a call. Throws 400 for a provider name that does not exist, and 404 when no deployment
 * is left, saying which demand removed them: a filter never fails open (statements 82–85, 87).
 */
export function filterRoute(question: RouteQuestion): RouteOption[] {
  const { named, isProvider } = question;
  for (const { slug, param } of named) {
    if (!isProvider(slug)) throw invalidRequest(`Unknown provider "${slug}"`, param);
  }
  const removedBy: string[] = [];
  let left = [...question.options];
  for (const { name, applies, passes } of FILTERS) {
    if (!applies(question)) continue;
    const kept = left.filter((option) => passes(option, question));
    if (kept.length < left.length) removedBy.push(name);
    left = kept;
  }
  if (left.length === 0) throw nothingLeft(question, removedBy);
  return left;
}

const slugOf = ({ deployment }: RouteOption): string => deployment.provider.slug;
const has = ({ model }: RouteOption, name: string): boolean =>
  model.capabilities.length === 0 || model.capabilities.includes(name);

const FILTERS: readonly Filter[] = [
  {
    name: 'group',
    applies: ({ groupDeployments }) => groupDeployments !== undefined,
    passes: ({ deployment }, { groupDeployments }) => groupDeployments?.has(deployment.id) === true,
  },
  {
    name: 'allowed_providers',
    applies: ({ demands }) => demands.allowedProviders !== undefined,
    passes: (one, { demands }) => (demands.allowedProviders ?? []).includes(slugOf(one)),
  },
  {
    name: 'provider.ignore',
    applies: ({ demands }) => demands.ignoredProviders !== undefined,
    passes: (one, { demands }) => !(demands.ignoredProviders ?? []).includes(slugOf(one)),
  },
  {
    name: 'eu_native',
    applies: ({ demands }) => demands.euNative,
    passes: (one) => one.deployment.provider.euNative,
  },
  {
    name: 'allow_quantization',
    applies: ({ demands }) => !demands.allowQuantization,
    passes: (one) => one.deployment.quantization === undefined,
  },
  {
    name: 'provider.quantizations',
    applies: ({ demands }) => demands.quantizations !== undefined,
    passes: (one, { demands }) =>
      (demands.quantizations ?? []).includes(one.deployment.quantization ?? 'unknown'),
  },
  {
    name: 'allow_zero_data_retention',
    applies: ({ demands }) => demands.zeroDataRetentionOnly,
    passes: (one) => one.deployment.provider.zeroDataRetention,
  },
  {
    name: 'provider.require_parameters',
    applies: ({ demands }) => demands.requireParameters,
    passes: (one, { needs }) =>
      needs.parameters.every(({ name, capability }) => has(one, capability) && !one.refuses.includes(name)),
  },
  {
    name: 'messages',
    applies: ({ needs }) => needs.capabilities.length > 0,
    passes: (one, { needs }) => needs.capabilities.every((name) => has(one, name)),
  },
  {
    name: 'max_tokens',
    applies: () => true,
    passes: (one, { needs }) => givesOutput(one, needs),
  },
  { name: 'context_window', applies: () => true, passes: (one, { needs }) => holds(one, needs) },
  {
    name: 'provider.max_price',
    applies: ({ demands }) => demands.maxPrice !== undefined,
    passes: (one, { demands: { maxPrice } }) =>
      (maxPrice?.input === undefined || (one.inputPrice ?? 0n) <= maxPrice.input) &&
      (maxPrice?.output === undefined || (one.outputPrice ?? 0n) <= maxPrice.output),
  },
];

/** A deployment's own output limit excludes it; the model's only lowers what is given. */
function givesOutput({ model, deployment }: RouteOption, { outputTokens }: RouteNeeds): boolean {
  const wanted = Math.min(outputTokens ?? 0, model.maxOutputTokens);
  return deployment.maxOutputTokens === undefined || wanted <= deployment.maxOutputTokens;
}

/** The same for the context: only a deployment smaller than its model is left out on an estimate. */
function holds({ model, deployment }: RouteOption, needs: RouteNeeds): boolean {
  const { contextWindow } = deployment;
  if (contextWindow === undefined || contextWindow >= model.contextWindow) return true;
  return needs.inputTokens + (needs.outputTokens ?? 0) <= contextWindow;
}

function nothingLeft(question: RouteQuestion, removedBy: string[]): FaregateError {
  if (removedBy.length > 0) {
    return new FaregateError(
      'not_found',
      `No provider can serve "${question.modelId}" under the conditions of the request and its key: ${removedBy.join(', ')}`,
      { code: 'model_not_found', param: removedBy[0] },
    );
  }
  return new FaregateError('unavailable', `No provider serves "${question.modelId}" at the moment`, {
    retryAfterSeconds: 30,
  });
}

/**
 * The order of attempts at one model out of its ranking: attempt n goes to the n-th priority tier (statement 69), and
 * once every tier was tried, to those not tried yet. Within one tier that is the ranking itself (statement 88).
 */
export function attemptOrder<C>(ranked: readonly C[], priorityOf: (candidate: C) => number): C[] {
  const seen = new Set<number>();
  const heads = ranked.filter((one) => {
    const priority = priorityOf(one);
    if (seen.has(priority)) return false;
    seen.add(priority);
    return true;
  });
  return [...heads, ...ranked.filter((one) => !heads.includes(one))];
}

/**
 * At most `limit` candidates out of the attempt orders of a model and its fallbacks: two attempts at the model asked for,
 * where it has as many deployments, then one at each fallback, then whoever is left of the model asked for.
 */
export function shareAttempts<C>(
  asked: readonly C[],
  fallbacks: readonly (readonly C[])[],
  limit: number,
): C[] {
  const others = fallbacks
    .flatMap((one) => one.slice(0, 1))
    .slice(0, Math.max(0, limit - Math.min(2, asked.length)));
  return [...asked.slice(0, limit - others.length), ...others];
}
