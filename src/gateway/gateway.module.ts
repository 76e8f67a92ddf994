import { Module } from '@nestjs/common';
import { AdmissionModule } from '../admission/admission.module.js';
import { CatalogModule } from '../catalog/catalog.module.js';
import { MeteringModule } from '../metering/metering.module.js';
import { UpstreamClient } from '../providers/upstream.client.js';
import { RoutingModule } from '../routing/routing.module.js';
import { CompletionsController } from './completions.controller.js';
import { CompletionsService } from './completions.service.js';
import { ModelsController } from './models.controller.js';
import { UnknownRouteController } from './unknown-route.controller.js';

@Module({
  imports: [CatalogModule, RoutingModule, AdmissionModule, MeteringModule],
  // The last one takes what the others leave.
  controllers: [CompletionsController, ModelsController, UnknownRouteController],
  providers: [CompletionsService, UpstreamClient],
})
export class GatewayModule {}
