import { Module } from '@nestjs/common';
import { CatalogModule } from '../catalog/catalog.module.js';
import { RedisModule } from '../platform/redis/redis.module.js';
import { AutoDisable } from './auto-disable.service.js';
import { DeploymentHealthController } from './deployment-health.controller.js';
import { DeploymentOutagesRepository } from './deployment-outages.repository.js';
import { HealthStore } from './health.store.js';
import { MeasurementsStore } from './measurements.store.js';
import { RoutingService } from './routing.service.js';
import { UpstreamHealth } from './upstream-health.service.js';

/** Who may serve a call, in which order, and how upstreams do. */
@Module({
  imports: [CatalogModule, RedisModule],
  controllers: [DeploymentHealthController],
  providers: [
    HealthStore,
    UpstreamHealth,
    MeasurementsStore,
    RoutingService,
    AutoDisable,
    DeploymentOutagesRepository,
  ],
  exports: [RoutingService, HealthStore, UpstreamHealth, AutoDisable, DeploymentOutagesRepository],
})
export class RoutingModule {}
