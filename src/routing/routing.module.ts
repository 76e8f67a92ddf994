import { Module } from '@nestjs/common';
import { CatalogModule } from '../catalog/catalog.module.js';
import { RedisModule } from '../platform/redis/redis.module.js';
import { DeploymentHealthController } from './deployment-health.controller.js';
import { HealthStore } from './health.store.js';
import { RoutingService } from './routing.service.js';

@Module({
  imports: [CatalogModule, RedisModule],
  controllers: [DeploymentHealthController],
  providers: [HealthStore, RoutingService],
  exports: [RoutingService, HealthStore],
})
export class RoutingModule {}
