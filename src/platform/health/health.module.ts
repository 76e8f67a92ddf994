import { Global, Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { HealthListener } from './health-listener.service.js';
import { Metrics } from './metrics.service.js';
import { Readiness } from './readiness.service.js';

/** Readiness and metrics for any process, on a listener of their own when METRICS_PORT is set. */
@Global()
@Module({ providers: [Readiness, Metrics, HealthListener], exports: [Readiness, Metrics] })
export class HealthModule {}

/** The same on the API's own listener. */
@Module({ controllers: [HealthController] })
export class HealthApiModule {}
