import { Module } from '@nestjs/common';
import { BatchedHolds } from '../billing/holds/batched-holds.store.js';
import { GatewayProcess } from '../billing/holds/gateway-process.service.js';
import { HoldPort } from '../billing/holds/hold-port.js';
import { CatalogModule } from '../catalog/catalog.module.js';
import { AppConfig } from '../platform/config/app-config.js';
import { RedisConnection } from '../platform/redis/redis-connection.service.js';
import { RedisModule } from '../platform/redis/redis.module.js';
import { AdmissionService } from './admission.service.js';
import { LocalRateLimits } from './local-rate-limit.store.js';
import { RateLimitPort } from './rate-limit-port.js';
import { RedisRateLimits } from './redis-rate-limit.store.js';

@Module({
  imports: [CatalogModule, RedisModule],
  providers: [
    AdmissionService,
    GatewayProcess,
    { provide: HoldPort, useClass: BatchedHolds },
    {
      provide: RateLimitPort,
      inject: [AppConfig, RedisConnection],
      useFactory: ({ redisUrl }: AppConfig, redis: RedisConnection) =>
        redisUrl === undefined ? new LocalRateLimits() : new RedisRateLimits(redis, new LocalRateLimits()),
    },
  ],
  exports: [AdmissionService, GatewayProcess],
})
export class AdmissionModule {}
