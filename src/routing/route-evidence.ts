import type { KeyGroup } from '../catalog/model.js';
import type { JsonObject } from '../core/json.js';
import type { RouteOption } from './plan-route.js';
import type { RoutingRequest } from './routing-preferences.js';

/**
 * What the request's row keeps of its route: the conditions that held, and of everyone who was to be tried what they
 * promise on residency, retention and quantisation, and the key's group with its multiplier. Undefined where nothing was asked and nobody was chosen between.
 */
export function describeRoute(
  group: KeyGroup | undefined,
  { demands, wishes }: RoutingRequest,
  candidates: readonly RouteOption[],
  kept: boolean,
): JsonObject | undefined {
  const conditions: JsonObject = {};
  if (demands.allowedProviders) conditions['allowed_providers'] = [...demands.allowedProviders];
  if (demands.ignoredProviders) conditions['ignored_providers'] = [...demands.ignoredProviders];
  if (demands.euNative) conditions['eu_native'] = true;
  if (!demands.allowQuantization) conditions['allow_quantization'] = false;
  if (demands.quantizations) conditions['quantizations'] = [...demands.quantizations];
  if (demands.zeroDataRetentionOnly) conditions['zero_data_retention'] = true;
  if (demands.requireParameters) conditions['require_parameters'] = true;
  if (wishes.preference) conditions['preference'] = wishes.preference;
  if (!group && candidates.length < 2 && Object.keys(conditions).length === 0) return undefined;
  return {
    ...(group ? { group: { name: group.name, multiplier_ppm: group.multiplierPpm } } : {}),
    ...(Object.keys(conditions).length === 0 ? {} : { conditions }),
    candidates: candidates.map(({ model, deployment }) => ({
      model: model.id,
      provider: deployment.provider.slug,
      eu_native: deployment.provider.euNative,
      zero_data_retention: deployment.provider.zeroDataRetention,
      quantization: deployment.quantization ?? null,
    })),
    ...(kept ? { sticky: true } : {}),
  };
}
