import { Injectable } from '@nestjs/common';
import { CatalogService } from '../catalog/catalog.service.js';
import type { CatalogModel, Deployment } from '../catalog/model.js';
import { FaregateError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { planRoute } from './plan-route.js';
import { readRoutingDemands } from './routing-preferences.js';

/** Where a call may go: the catalogue's deployments under the caller's demands, the best first. */
@Injectable()
export class RoutingService {
  constructor(private readonly catalog: CatalogService) {}

  /** The model behind a name. Throws 404 when there is none (statement 45). */
  resolve(name: string): CatalogModel {
    const model = this.catalog.snapshot().resolve(name);
    if (model) return model;
    throw new FaregateError('not_found', `The model "${name.slice(0, 200)}" does not exist`, {
      param: 'model',
      code: 'model_not_found',
    });
  }

  /** At least one deployment. Throws FaregateError 400, 404 or 503 when none may or can serve. */
  plan(
    request: { routing: JsonObject },
    model: CatalogModel,
    defaults: { routingDefaults: JsonObject },
  ): [Deployment, ...Deployment[]] {
    const snapshot = this.catalog.snapshot();
    return planRoute({
      modelId: model.id,
      deployments: snapshot.deploymentsOf(model.id),
      demands: readRoutingDemands(request.routing, defaults.routingDefaults),
      isProvider: (slug) => snapshot.provider(slug) !== undefined,
      draw: Math.random(),
    }) as [Deployment, ...Deployment[]];
  }
}
