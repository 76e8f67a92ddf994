import type { Deployment } from '../catalog/model.js';
import { FaregateError, invalidRequest } from '../core/errors.js';
import type { RoutingDemands } from './routing-preferences.js';

export interface RouteQuestion {
  modelId: string;
  /** Active deployments of the model. */
  deployments: readonly Deployment[];
  demands: RoutingDemands;
  /** Whether a provider of this slug exists at all. */
  isProvider: (slug: string) => boolean;
  /** A number in [0, 1) that decides between equal priorities by weight. */
  draw: number;
}

/**
 * The deployments that may serve a call, the best first: filtered by the caller's demands, then by priority,
 * highest first, and inside one priority by weight (statement 68). Throws 400 for a provider name that does not
 * exist, and 404 when no deployment is left, saying which demand removed them: a filter never fails open.
 */
export function planRoute(question: RouteQuestion): Deployment[] {
  const { demands, isProvider } = question;
  for (const slug of demands.allowedProviders ?? []) {
    if (!isProvider(slug)) throw invalidRequest(`Unknown provider "${slug}"`, 'allowed_providers');
  }
  const removedBy: string[] = [];
  let left = [...question.deployments];
  const keep = (name: string, applies: boolean, test: (deployment: Deployment) => boolean): void => {
    if (!applies) return;
    const kept = left.filter(test);
    if (kept.length < left.length) removedBy.push(name);
    left = kept;
  };
  const { allowedProviders } = demands;
  keep('allowed_providers', allowedProviders !== undefined, ({ provider }) =>
    (allowedProviders ?? []).includes(provider.slug),
  );
  keep('eu_native', demands.euNative, ({ provider }) => provider.euNative);
  keep('allow_quantization', !demands.allowQuantization, ({ quantization }) => quantization === undefined);
  keep(
    'allow_zero_data_retention',
    demands.zeroDataRetentionOnly,
    ({ provider }) => provider.zeroDataRetention,
  );
  if (left.length === 0) throw nothingLeft(question, removedBy);
  return rank(left, question.draw);
}

function nothingLeft(question: RouteQuestion, removedBy: string[]): FaregateError {
  if (removedBy.length > 0) {
    return new FaregateError(
      'not_found',
      `No provider can serve "${question.modelId}" under the request's own conditions: ${removedBy.join(', ')}`,
      { code: 'model_not_found', param: removedBy[0] },
    );
  }
  return new FaregateError('unavailable', `No provider serves "${question.modelId}" at the moment`, {
    retryAfterSeconds: 30,
  });
}

/** Priority tiers high to low; the first of each tier is drawn by weight, the rest follow by weight. */
function rank(deployments: Deployment[], draw: number): Deployment[] {
  const first = deployments[0];
  if (deployments.length === 1 && first) return deployments;
  const tiers = new Map<number, Deployment[]>();
  for (const deployment of deployments) {
    const tier = tiers.get(deployment.priority) ?? [];
    tier.push(deployment);
    tiers.set(deployment.priority, tier);
  }
  return [...tiers.entries()].sort(([a], [b]) => b - a).flatMap(([, tier]) => drawByWeight(tier, draw));
}

function drawByWeight(tier: Deployment[], draw: number): Deployment[] {
  const total = tier.reduce((sum, { weight }) => sum + weight, 0);
  const weightOf = ({ weight }: Deployment): number => (total === 0 ? 1 : weight);
  let target = draw * (total === 0 ? tier.length : total);
  const chosen = tier.find((deployment) => (target -= weightOf(deployment)) < 0) ?? tier[0];
  return [...tier].sort((a, b) => Number(b === chosen) - Number(a === chosen) || weightOf(b) - weightOf(a));
}
