import { Module } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { RedisConnection } from './redis-connection.service.js';

/** Redis for counters that several processes share; not connected without `REDIS_URL`. */
@Module({
  providers: [
    {
      provide: RedisConnection,
      inject: [AppConfig],
      useFactory: (config: AppConfig) => new RedisConnection(config),
    },
  ],
  exports: [RedisConnection],
})
export class RedisModule {}
