import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import { Gauge } from 'prom-client';
import { within } from '../../core/within.js';
import { Metrics } from '../../platform/health/metrics.service.js';
import { BILLING_QUEUES } from '../billing.queues.js';

/** A queue that does not answer is left out of the scrape. */
const TIMEOUT_MS = 1_000;

/** How many wake-ups of each queue wait and run. Work is found in PostgreSQL: a queue that grows has a slow processor. */
@Injectable()
export class QueueGauges {
  constructor(metrics: Metrics, modules: ModuleRef) {
    new Gauge({
      name: 'faregate_queue_jobs',
      help: 'Wake-ups of a queue by state',
      labelNames: ['queue', 'state'],
      registers: [metrics.registry],
      async collect() {
        this.reset();
        const counted = Object.values(BILLING_QUEUES).map(async (name) => {
          const queue = modules.get<Queue>(getQueueToken(name), { strict: false });
          const counts = await within(TIMEOUT_MS, queue.getJobCounts('waiting', 'active', 'prioritized'));
          for (const [state, count] of Object.entries(counts)) this.labels(name, state).set(count);
        });
        await Promise.allSettled(counted);
      },
    });
  }
}
