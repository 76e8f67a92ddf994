import type { IncomingMessage } from 'node:http';
import { Controller, Get, Head, HttpCode, Param, Req, UseFilters } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../auth/principal.js';
import { CatalogService } from '../catalog/catalog.service.js';
import { KeyAccess, PublicAccess } from '../platform/http/access.decorator.js';
import { RoutingService } from '../routing/routing.service.js';
import { describeModel, listModels } from './model-listing.js';
import { ProtocolErrorFilter } from './protocol-error.filter.js';

type AuthenticatedRequest = IncomingMessage & { user: Principal };

/** What can be called, in the shape of the vendor whose headers the caller sends (statement 79). */
@ApiTags('Models')
@UseFilters(ProtocolErrorFilter)
@Controller()
export class ModelsController {
  constructor(
    private readonly catalog: CatalogService,
    private readonly routing: RoutingService,
  ) {}

  @Get('/v1/models')
  @KeyAccess()
  @ApiOperation({ summary: 'Models this key may use' })
  list(@Req() request: AuthenticatedRequest): object {
    const snapshot = this.catalog.snapshot();
    return listModels({
      models: snapshot.models().filter((model) => snapshot.deploymentsOf(model.id).length > 0),
      principal: request.user,
      pricesOf: (model) => this.pricesOf(model.id, request.user),
      isAnthropic: request.headers['anthropic-version'] !== undefined,
    });
  }

  @Get('/v1/models/*id')
  @KeyAccess()
  @ApiOperation({ summary: 'One model, by id or alias' })
  get(@Param('id') id: string | string[], @Req() request: AuthenticatedRequest): object {
    const model = this.routing.resolve(Array.isArray(id) ? id.join('/') : id);
    return describeModel(model, {
      prices: this.pricesOf(model.id, request.user),
      isAnthropic: request.headers['anthropic-version'] !== undefined,
    });
  }

  /** Claude Code asks this before its first call. */
  @Head('/api/hello')
  @PublicAccess()
  @HttpCode(200)
  hello(): void {
    return undefined;
  }

  private pricesOf(modelId: string, principal: Principal) {
    const snapshot = this.catalog.snapshot();
    const [deployment] = snapshot.deploymentsOf(modelId);
    if (!deployment) return undefined;
    return snapshot.listPrices({
      modelId,
      providerId: deployment.provider.id,
      organizationId: principal.organizationId,
      currency: principal.currency,
      atMs: this.catalog.databaseNowMs(),
    });
  }
}
