import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  createPostgresBackend,
  createRedisBackend,
  setDefaultBackendFactory,
  type QueueOptions,
} from 'bullmq';
import pg from 'pg';
import { AppConfig } from '../config/app-config.js';
import { poolOptions, surviveBrokenConnections } from '../database/database.service.js';

/** Who asks: a process that only adds jobs must never wait for the queue, one that works on them may. */
export type QueueRole = 'producer' | 'worker';

/** For short statements. Each worker keeps one connection more, to be woken through. */
const STATEMENTS: Readonly<Record<QueueRole, number>> = { producer: 2, worker: 7 };
const CONNECT_TIMEOUT_MS = 2_000;
const COMMAND_TIMEOUT_MS = 1_000;

/** Where jobs are kept: on Redis when `REDIS_URL` is set, else in PostgreSQL (schema `bullmq`). */
@Injectable()
export class QueueConnection implements OnApplicationShutdown {
  private pool: pg.Pool | undefined;

  constructor(private readonly config: AppConfig) {}

  /** Options of the `queues` queues of this process; also tells BullMQ which backend to build. */
  options(role: QueueRole, queues: number): QueueOptions {
    return this.config.redisUrl === undefined
      ? this.onPostgres(STATEMENTS[role] + (role === 'worker' ? queues : 0))
      : this.onRedis(this.config.redisUrl, role);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool?.end();
  }

  private onPostgres(connections: number): QueueOptions {
    setDefaultBackendFactory(createPostgresBackend as Parameters<typeof setDefaultBackendFactory>[0]);
    // Rooms register their queues by themselves; the process has one pool.
    this.pool ??= this.openPool(connections);
    return { connection: this.pool as unknown as QueueOptions['connection'] };
  }

  private openPool(connections: number): pg.Pool {
    const pool = new pg.Pool({
      ...poolOptions(this.config.databaseUrl, connections),
      // BullMQ's SQL names its tables without their schema.
      options: '-c search_path=bullmq',
    });
    surviveBrokenConnections(pool);
    // Every queue and worker of the process listens on it.
    pool.setMaxListeners(0);
    return pool;
  }

  private onRedis(url: string, role: QueueRole): QueueOptions {
    setDefaultBackendFactory(createRedisBackend as Parameters<typeof setDefaultBackendFactory>[0]);
    const shared = { url, connectTimeout: CONNECT_TIMEOUT_MS };
    const ofRole =
      role === 'worker'
        ? { maxRetriesPerRequest: null }
        : { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: COMMAND_TIMEOUT_MS };
    return {
      connection: { ...shared, ...ofRole },
      prefix: `${this.config.redisPrefix}:queue`,
    };
  }
}
