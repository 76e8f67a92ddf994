import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ApiModule } from '../../../src/api.module.js';
import { Metrics } from '../../../src/platform/health/metrics.service.js';
import { WorkerModule } from '../../../src/worker.module.js';
import { NestFactory } from '@nestjs/core';
import { createWorld, type GatewayWorld } from '../../support/gateway.js';

const FOLDER = path.join(import.meta.dirname, '../../../docs/grafana');
const read = (name: string): string => readFileSync(path.join(FOLDER, name), 'utf8');

let world: GatewayWorld;
const known = new Set<string>();
let exposed = '';
beforeAll(async () => {
  world = await createWorld();
  Object.assign(process.env, world.env);
  for (const module of [ApiModule, WorkerModule]) {
    const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
    const { registry } = app.get(Metrics);
    exposed += await registry.metrics();
    for (const { name, type } of await registry.getMetricsAsJSON()) {
      known.add(name);
      // As Prometheus' own client names the samples of a histogram.
      if (String(type) === 'histogram')
        for (const part of ['bucket', 'sum', 'count']) known.add(`${name}_${part}`);
    }
    await app.close();
  }
});
afterAll(() => world.close());

/** Names of metrics in an expression: what is neither a function, a label nor a word of PromQL. */
const metricsOf = (expression: string): string[] =>
  (expression.match(/\b(faregate|nodejs|process)_[a-z0-9_]+/g) ?? []).filter((name) => name !== '');

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
  templating: { list: { query: string }[] };
}

describe('the Grafana dashboard and the alert rules', () => {
  it('name only metrics that an API or a worker process has', () => {
    const { panels, templating } = JSON.parse(read('faregate.json')) as Dashboard;
    const expressions = [
      ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      ...templating.list.map(({ query }) => query).filter((query) => query.includes('(')),
      ...[...read('alerts.yaml').matchAll(/^\s+expr: (.+)$/gm)].map(([, expr = '']) => expr),
    ];
    expect(expressions.length).toBeGreaterThan(30);
    for (const expression of expressions) expect(metricsOf(expression)).not.toEqual([]);
    const named = new Set(expressions.flatMap(metricsOf));
    expect([...named].filter((name) => !known.has(name))).toEqual([]);
  });

  it('show every metric of our own', () => {
    const text = read('faregate.json') + read('alerts.yaml');
    const own = [...known].filter(
      (name) => name.startsWith('faregate_') && !/_(bucket|sum|count)$/.test(name),
    );
    expect(own.length).toBeGreaterThan(20);
    expect(own.filter((name) => !text.includes(name))).toEqual([]);
  });

  it('the worker tells how far the books are behind', () => {
    for (const name of ['faregate_usage_pending', 'faregate_holds_open', 'faregate_outbox_oldest_seconds'])
      expect(exposed).toContain(`\n${name} 0\n`);
    expect(exposed).toMatch(/faregate_queue_jobs\{queue="billing-rollup",state="waiting"\} \d/);
  });
});
