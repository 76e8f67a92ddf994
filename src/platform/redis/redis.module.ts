import { Module } from '@nestjs/common';
import { RedisConnection } from './redis-connection.service.js';

/** Redis for counters that several processes share; not connected without `REDIS_URL`. */
@Module({ providers: [RedisConnection], exports: [RedisConnection] })
export class RedisModule {}
