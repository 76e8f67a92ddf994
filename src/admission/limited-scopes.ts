import type { Principal } from '../auth/principal.js';
import type { CatalogModel } from '../catalog/model.js';
import type { ScopedLimits } from './rate-limit-port.js';

/**
 * Every limit a call is under: those of its key, project and organization, and what its organization may use of the
 * model asked for. All of them hold, so the lowest wins (statement 47). Empty where nothing is limited.
 */
export function limitedScopes(
  { limits }: Pick<Principal, 'limits'>,
  model: Pick<CatalogModel, 'id' | 'rateLimits'>,
): readonly ScopedLimits[] {
  if (model.rateLimits === undefined) return limits;
  return [...limits, { scope: 'model', id: model.id, limits: model.rateLimits }];
}
