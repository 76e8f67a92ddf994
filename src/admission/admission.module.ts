import { Module } from '@nestjs/common';
import { BatchedHolds } from '../billing/holds/batched-holds.store.js';
import { GatewayProcess } from '../billing/holds/gateway-process.service.js';
import { HoldPort } from '../billing/holds/hold-port.js';
import { CatalogModule } from '../catalog/catalog.module.js';
import { AppConfig } from '../platform/config/app-config.js';
import { RedisConnection } from '../platform/redis/redis-connection.service.js';
import { RedisModule } from '../platform/redis/redis.module.js';
import { AdmissionService } from './admission.service.js';
import { EventLoopLag } from '../platform/health/event-loop-lag.service.js';
import { EntranceService } from './entrance.service.js';
import { LocalRateLimits } from './local-rate-limit.store.js';
import { RateLimitPort } from './rate-limit-port.js';
import { RedisRateLimits } from './redis-rate-limit.store.js';

@Module({
  imports: [CatalogModule, RedisModule],
  providers: [
    AdmissionService,
    EntranceService,
    EventLoopLag,
    GatewayProcess,
    { provide: HoldPort, useClass: BatchedHolds },
    {
      provide: RateLimitPort,
      inject: [AppConfig, RedisConnection, GatewayProcess],
      useFactory: ({ redisUrl }: AppConfig, redis: RedisConnection, process: GatewayProcess) =>
        redisUrl === undefined
          ? new LocalRateLimits()
          : new RedisRateLimits(redis, new LocalRateLimits(() => process.processesAlive)),
    },
  ],
  exports: [AdmissionService, EntranceService, GatewayProcess],
})
export class AdmissionModule {}
