import { Module } from '@nestjs/common';
import { AdmissionModule } from '../admission/admission.module.js';
import { CatalogModule } from '../catalog/catalog.module.js';
import { MeteringModule } from '../metering/metering.module.js';
import { UpstreamClient } from '../providers/upstream.client.js';
import { UpstreamGauges } from '../providers/upstream-gauges.service.js';
import { RoutingModule } from '../routing/routing.module.js';
import { CompletionsController } from './completions.controller.js';
import { CompletionsService } from './completions.service.js';
import { CountTokensController } from './count-tokens/count-tokens.controller.js';
import { CountTokensService } from './count-tokens/count-tokens.service.js';
import { Tokeniser } from './count-tokens/tokeniser.service.js';
import { DeploymentRetests } from './deployment-test/deployment-retests.service.js';
import { HealthProbes } from './deployment-test/health-probes.service.js';
import { ProbesRepository } from './deployment-test/probes.repository.js';
import { DeploymentTestController } from './deployment-test/deployment-test.controller.js';
import { DeploymentTester } from './deployment-test/deployment-tester.service.js';
import { ExchangesService } from './exchanges.service.js';
import { GeminiController } from './gemini.controller.js';
import { IdempotentAnswersRepository } from './idempotency/idempotent-answers.repository.js';
import { IdempotentAnswers } from './idempotency/idempotent-answers.service.js';
import { IncomingCallsService } from './incoming-calls.service.js';
import { KeepAlive } from './keep-alive.service.js';
import { ModelsController } from './models/models.controller.js';
import { SearchModule } from '../search/search.module.js';
import { SearchingService } from './searching/searching.service.js';
import { TelemetryModule } from '../telemetry/telemetry.module.js';
import { UnknownRouteController } from './unknown-route.controller.js';

@Module({
  imports: [CatalogModule, RoutingModule, AdmissionModule, MeteringModule, SearchModule, TelemetryModule],
  // The last one takes what the others leave.
  controllers: [
    CompletionsController,
    CountTokensController,
    GeminiController,
    ModelsController,
    DeploymentTestController,
    UnknownRouteController,
  ],
  providers: [
    CompletionsService,
    IncomingCallsService,
    KeepAlive,
    IdempotentAnswers,
    IdempotentAnswersRepository,
    ExchangesService,
    SearchingService,
    CountTokensService,
    Tokeniser,
    UpstreamClient,
    UpstreamGauges,
    DeploymentTester,
    DeploymentRetests,
    ProbesRepository,
    HealthProbes,
  ],
})
export class GatewayModule {}
