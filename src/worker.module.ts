import { Module } from '@nestjs/common';
import { BillingWorkerModule } from './billing/billing-worker.module.js';
import { GaugesModule } from './billing/gauges/gauges.module.js';
import { ConfigModule } from './platform/config/config.module.js';
import { HealthModule } from './platform/health/health.module.js';
import { DatabaseModule } from './platform/database/database.module.js';

/** The worker process: what happens to money after the call. */
@Module({ imports: [ConfigModule, DatabaseModule, HealthModule, BillingWorkerModule, GaugesModule] })
export class WorkerModule {}
