import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { GatewayProcess } from '../billing/holds/gateway-process.service.js';
import { CatalogService } from '../catalog/catalog.service.js';
import { nowMs } from '../core/clock.js';
import { SettlementQueue } from '../metering/settlement-queue.service.js';
import { Metrics } from '../platform/health/metrics.service.js';
import { standingAt } from '../routing/deployment-health.js';
import { credentialKey, deploymentKey, HealthStore } from '../routing/health.store.js';

const STANDINGS = { closed: 0, half_open: 1, open: 2 } as const;

/** What an API process holds at the moment, read when somebody asks: calls, settlements under way, breakers. */
@Injectable()
export class GatewayGauges {
  constructor(
    metrics: Metrics,
    process: GatewayProcess,
    settlements: SettlementQueue,
    private readonly catalog: CatalogService,
    private readonly health: HealthStore,
  ) {
    const registers = [metrics.registry];
    const read = (name: string, help: string, value: () => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    };
    read('faregate_calls_running', 'Admitted calls under way in this process', () => process.callsRunning);
    read('faregate_settlements_pending', 'Settlements in the journal only', () => settlements.pending);
    read(
      'faregate_settlement_lag_seconds',
      'Age of the oldest settlement that is in the journal only',
      () => settlements.oldestPendingMs / 1_000,
    );
    const tellBreakers = (gauge: Gauge): void => this.tellBreakers(gauge);
    new Gauge({
      name: 'faregate_breaker_state',
      help: 'Breaker of a deployment, or of a credential it may use: 0 closed, 1 half open, 2 open',
      labelNames: ['deployment', 'model', 'provider', 'scope', 'credential'],
      registers,
      collect() {
        tellBreakers(this);
      },
    });
  }

  private tellBreakers(gauge: Gauge): void {
    gauge.reset();
    const now = nowMs();
    const snapshot = this.catalog.snapshot();
    for (const { id: model } of snapshot.models()) {
      for (const { upstreamModel, id, provider } of snapshot.deploymentsOf(model)) {
        const tell = (scope: string, key: string, credential = ''): void =>
          gauge
            .labels(upstreamModel, model, provider.slug, scope, credential)
            .set(STANDINGS[standingAt(this.health.of(key), now)]);
        tell('deployment', deploymentKey(id));
        for (const { id: credentialId, name } of provider.credentials)
          tell('credential', credentialKey(credentialId), name);
      }
    }
  }
}
