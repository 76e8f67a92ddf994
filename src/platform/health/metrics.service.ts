import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { Database } from '../database/database.service.js';

/** The process's Prometheus registry; rooms register their own metrics in it. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  constructor(database: Database) {
    collectDefaultMetrics({ register: this.registry });
    const pools = { general: database.pool, money: database.moneyPool };
    new Gauge({
      name: 'faregate_database_connections',
      help: 'Connections of each pool by state; those who wait for one are `waiting`',
      labelNames: ['pool', 'state'],
      registers: [this.registry],
      collect() {
        for (const [name, pool] of Object.entries(pools)) {
          this.labels(name, 'busy').set(pool.totalCount - pool.idleCount);
          this.labels(name, 'idle').set(pool.idleCount);
          this.labels(name, 'waiting').set(pool.waitingCount);
        }
      },
    });
  }
}
