import type { IncomingMessage } from 'node:http';
import { Controller, Get, Head, HttpCode, Param, Query, Req, UseFilters } from '@nestjs/common';
import {
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { checkModel, mayUseModel } from '../../admission/checks.js';
import type { Principal } from '../../auth/principal.js';
import { CatalogService } from '../../catalog/catalog.service.js';
import type { CatalogModel } from '../../catalog/model.js';
import { AccountAccess, PublicAccess } from '../../platform/http/access.decorator.js';
import { RoutingService } from '../../routing/routing.service.js';
import { MODEL_ANSWER, MODELS_ANSWER } from '../completion-answers.dto.js';
import { ProtocolErrorFilter } from '../protocol-error.filter.js';
import { readsAnthropic } from '../routes.js';
import { readModelFilter, type ModelQuery } from './model-filter.js';
import { describeModel, listModels, type ModelLook, type OfferedModel } from './model-listing.js';
import { MODEL_TAGS } from './model-traits.js';

const ANTHROPIC_VERSION = {
  name: 'anthropic-version',
  required: false,
  description: "Asks for Anthropic's shape.",
};

type AuthenticatedRequest = IncomingMessage & { user: Principal };

/** What can be called, in the shape of the vendor whose headers the caller sends (statements 79 and 95). */
@ApiTags('Models')
@UseFilters(ProtocolErrorFilter)
@Controller()
export class ModelsController {
  constructor(
    private readonly catalog: CatalogService,
    private readonly routing: RoutingService,
  ) {}

  @Get('/v1/models')
  @AccountAccess()
  @ApiOperation({ summary: 'Models this key may use', operationId: 'offeredModels_list' })
  @ApiHeader(ANTHROPIC_VERSION)
  @ApiResponse(MODELS_ANSWER)
  @ApiQuery({ name: 'tag', required: false, isArray: true, enum: MODEL_TAGS, description: 'Any of these.' })
  @ApiQuery({
    name: 'currency',
    required: false,
    type: String,
    description: 'Only models priced in it, at those prices.',
  })
  @ApiQuery({
    name: 'supported_parameters',
    required: false,
    type: String,
    description: 'All of these, with commas.',
  })
  @ApiQuery({ name: 'eu_native', required: false, type: Boolean })
  @ApiQuery({ name: 'allow_zero_data_retention', required: false, type: Boolean, description: 'True: only.' })
  @ApiQuery({ name: 'allow_quantization', required: false, type: Boolean })
  @ApiQuery({
    name: 'extended',
    required: false,
    type: Boolean,
    description: 'With the details of providers.',
  })
  list(@Req() request: AuthenticatedRequest, @Query() query: ModelQuery): object {
    const { user } = request;
    const filter = readModelFilter(query, user.profile);
    const look = lookOf(request, filter.currency, filter.extended);
    const offered = this.catalog
      .snapshot()
      .models()
      .filter((model) => mayUseModel(user, model))
      .map((model) => this.offer(model, user, look.currency));
    return listModels(offered, { filter, look });
  }

  @Get('/v1/models/*id')
  @AccountAccess()
  @ApiOperation({ summary: 'One model, by id or alias', operationId: 'offeredModels_get' })
  @ApiParam({ name: 'id', type: String, example: 'anthropic/claude-opus-4.8' })
  @ApiHeader(ANTHROPIC_VERSION)
  @ApiResponse(MODEL_ANSWER)
  get(@Param('id') id: string | string[], @Req() request: AuthenticatedRequest): object {
    const model = this.routing.resolve(Array.isArray(id) ? id.join('/') : id);
    checkModel(request.user, model);
    const look = lookOf(request, undefined, true);
    return describeModel(this.offer(model, request.user, look.currency), look);
  }

  /** Claude Code asks this before its first call. */
  @Head('/api/hello')
  @PublicAccess()
  @ApiOperation({ summary: 'The API is there; what Claude Code asks before its first call' })
  @ApiOkResponse({ description: 'It is, without a body.' })
  @HttpCode(200)
  hello(): void {
    return undefined;
  }

  private offer(model: CatalogModel, user: Principal, currency: string): OfferedModel {
    const { organizationId, groupId } = user;
    const snapshot = this.catalog.snapshot();
    const atMs = this.catalog.databaseNowMs();
    const reach = groupId === undefined ? undefined : snapshot.group(groupId).deployments;
    const reached = snapshot.deploymentsOf(model.id).filter(({ id }) => reach?.has(id) !== false);
    const offers = reached.map((deployment) => {
      const providerId = deployment.provider.id;
      const prices = snapshot.listPrices({
        modelId: model.id,
        providerId,
        organizationId,
        groupId,
        currency,
        atMs,
      });
      return { deployment, prices };
    });
    return { model, offers };
  }
}

const lookOf = (
  { headers, user }: AuthenticatedRequest,
  currency: string | undefined,
  extended: boolean,
): ModelLook => ({
  profile: user.profile,
  currency: currency ?? user.currency,
  isAnthropic: readsAnthropic(headers),
  extended,
});
