import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { Metrics } from '../platform/health/metrics.service.js';
import { UpstreamClient } from './upstream.client.js';

/** Tells Prometheus of the connections to upstreams. */
@Injectable()
export class UpstreamGauges {
  constructor(metrics: Metrics, upstream: UpstreamClient) {
    new Gauge({
      name: 'faregate_upstream_connections',
      help: 'Connections to each provider by state; requests that wait for one are `waiting`',
      labelNames: ['provider', 'state'],
      registers: [metrics.registry],
      collect() {
        this.reset();
        for (const [provider, states] of upstream.connections())
          for (const [state, count] of Object.entries(states)) this.labels(provider, state).set(count);
      },
    });
  }
}
