import { Injectable } from '@nestjs/common';
import { Counter, Histogram } from 'prom-client';
import { Metrics } from '../platform/health/metrics.service.js';
import type { CallReport, RefusalReport, ReplayReport } from './call-report.js';
import { SeriesTable, type Labels } from './series.js';

const DURATION_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];
const FIRST_TOKEN_BUCKETS = [0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 12, 30, 60];
const CALL_LABELS = ['route', 'model', 'provider', 'outcome'] as const;
const TOKEN_CLASSES = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output', 'reasoning'] as const;
const CLASS_NAMES = [
  'input',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'output',
  'reasoning',
] as const;
const NANO = 1e9;

/** What is counted of the calls of one route, model, provider and outcome. */
interface CallSeries {
  statuses: Map<number, number>;
  tokens: number[];
  searches: number;
  retries: number;
  fallbacks: number;
  /** By currency. */
  charged: Map<string, bigint>;
  cost: Map<string, bigint>;
  duration: { observe(value: number): void };
  firstToken: { observe(value: number): void };
}

/**
 * Counts calls. The figures are for watching: money is exact here too, but leaves as a float, which is what
 * Prometheus has; books are in PostgreSQL. Labels are routes, canonical models, providers and outcomes: all bounded.
 */
@Injectable()
export class CallMetrics {
  private readonly duration: Histogram;
  private readonly firstToken: Histogram;
  private readonly calls: SeriesTable<CallSeries>;
  private readonly attempts = new SeriesTable(() => ({ count: 0 }));
  private readonly refusals = new SeriesTable(() => ({ count: 0 }));
  private readonly replays = new SeriesTable(() => ({ count: 0 }));

  constructor(metrics: Metrics) {
    const registers = [metrics.registry];
    this.duration = new Histogram({
      name: 'faregate_request_duration_seconds',
      help: 'Time of admitted calls from admission to their end',
      labelNames: CALL_LABELS,
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.firstToken = new Histogram({
      name: 'faregate_time_to_first_token_seconds',
      help: 'Time of streamed calls from admission to the first output',
      labelNames: CALL_LABELS,
      buckets: FIRST_TOKEN_BUCKETS,
      registers,
    });
    this.calls = new SeriesTable((labels) => this.newSeries(labels));
    this.counters(registers);
  }

  /** A call that was let in has ended. */
  ended(report: CallReport): void {
    const series = this.calls.of([report.route, report.model, report.provider, report.outcome]);
    const status = report.status ?? 0;
    series.statuses.set(status, (series.statuses.get(status) ?? 0) + 1);
    series.duration.observe(report.durationMs / 1_000);
    if (report.streamed && report.firstTokenMs !== undefined)
      series.firstToken.observe(report.firstTokenMs / 1_000);
    const { tokens, currency } = report;
    for (let at = 0; at < TOKEN_CLASSES.length; at++)
      series.tokens[at] = (series.tokens[at] ?? 0) + (tokens[TOKEN_CLASSES[at] ?? 'input'] ?? 0);
    series.searches += report.searches;
    if (report.chargedNano > 0n)
      series.charged.set(currency, (series.charged.get(currency) ?? 0n) + report.chargedNano);
    if (report.costNano > 0n) series.cost.set(currency, (series.cost.get(currency) ?? 0n) + report.costNano);
    series.retries += Math.max(0, report.attempts.length - 1);
    if (report.fellBack) series.fallbacks += 1;
    for (const { model, provider, outcome, status: told } of report.attempts)
      this.attempts.of([model, provider, outcome, String(told ?? 0)]).count += 1;
  }

  /** A call was refused before money was held. */
  refused({ route, kind, status }: RefusalReport): void {
    this.refusals.of([route, kind, String(status)]).count += 1;
  }

  /** A call got the answer of an earlier one. */
  replayed({ route }: ReplayReport): void {
    this.replays.of([route]).count += 1;
  }

  private newSeries([route = '', model = '', provider = '', outcome = '']: Labels): CallSeries {
    const labels = { route, model, provider, outcome };
    return {
      statuses: new Map(),
      tokens: [],
      searches: 0,
      retries: 0,
      fallbacks: 0,
      charged: new Map(),
      cost: new Map(),
      duration: this.duration.labels(labels),
      firstToken: this.firstToken.labels(labels),
    };
  }

  /** The counters, filled from the tables whenever they are read. */
  private counters(registers: Metrics['registry'][]): void {
    const perCall = (
      name: string,
      help: string,
      more: readonly string[],
      values: (series: CallSeries) => Iterable<readonly [...string[], number]>,
    ): void => {
      const { calls } = this;
      new Counter({
        name,
        help,
        labelNames: [...CALL_LABELS, ...more],
        registers,
        collect() {
          this.reset();
          for (const { labels, value } of calls.all())
            for (const one of values(value)) add(this, [...labels, ...(one.slice(0, -1) as string[])], one);
        },
      });
    };
    perCall('faregate_requests_total', 'Admitted calls that ended', ['status'], ({ statuses }) =>
      [...statuses].map(([status, count]) => [String(status), count]),
    );
    perCall('faregate_tokens_total', 'Tokens of calls; reasoning is part of output', ['class'], (series) =>
      CLASS_NAMES.map((name, at) => [name, series.tokens[at] ?? 0] as const).filter(([, count]) => count > 0),
    );
    perCall('faregate_searches_total', 'Searches run', [], ({ searches }) => [[searches]]);
    perCall('faregate_charged_total', 'Price of calls, major units of currency', ['currency'], (series) =>
      majors(series.charged),
    );
    perCall('faregate_provider_cost_total', 'What providers take for calls', ['currency'], (series) =>
      majors(series.cost),
    );
    perCall('faregate_retries_total', 'Further upstream calls of calls', [], ({ retries }) => [[retries]]);
    perCall('faregate_fallbacks_total', 'Calls that another model answered', [], ({ fallbacks }) => [
      [fallbacks],
    ]);
    this.plain(registers, 'faregate_attempts_total', 'Upstream calls', this.attempts, [
      'model',
      'provider',
      'outcome',
      'status',
    ]);
    this.plain(registers, 'faregate_refusals_total', 'Calls refused before money was held', this.refusals, [
      'route',
      'kind',
      'status',
    ]);
    this.plain(registers, 'faregate_replays_total', 'Calls that got an earlier answer', this.replays, [
      'route',
    ]);
  }

  private plain(
    registers: Metrics['registry'][],
    name: string,
    help: string,
    table: SeriesTable<{ count: number }>,
    labelNames: readonly string[],
  ): void {
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const { labels, value } of table.all()) add(this, labels, [value.count]);
      },
    });
  }
}

const majors = (sums: ReadonlyMap<string, bigint>): [string, number][] =>
  [...sums].map(([currency, nano]) => [currency, Number(nano) / NANO]);

function add(counter: Counter, labels: Labels, one: readonly [...string[], number]): void {
  const value = one[one.length - 1] as number;
  counter.labels(...labels).inc(value);
}
