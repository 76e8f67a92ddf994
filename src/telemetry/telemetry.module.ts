import { Module } from '@nestjs/common';
import { AdmissionModule } from '../admission/admission.module.js';
import { CatalogModule } from '../catalog/catalog.module.js';
import { MeteringModule } from '../metering/metering.module.js';
import { RoutingModule } from '../routing/routing.module.js';
import { CallMetrics } from './call-metrics.service.js';
import { CallObserver } from './call-observer.service.js';
import { CallTraces } from './call-traces.service.js';
import { GatewayGauges } from './gateway-gauges.service.js';

/** What an API process tells of its calls: access log, metrics, traces. */
@Module({
  imports: [AdmissionModule, CatalogModule, MeteringModule, RoutingModule],
  providers: [CallMetrics, CallObserver, CallTraces, GatewayGauges],
  exports: [CallObserver, CallTraces],
})
export class TelemetryModule {}
