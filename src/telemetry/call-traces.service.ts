import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Counter } from 'prom-client';
import { withMembers } from '../core/json.js';
import { AppConfig } from '../platform/config/app-config.js';
import type { TracingConfig } from '../platform/config/tracing-config.js';
import { Metrics } from '../platform/health/metrics.service.js';
import type { BeginOfCall } from './call-report.js';
import { CallTrace } from './call-trace.js';
import { parseTraceParent } from './trace-context.js';
import { TraceExporter } from './trace-exporter.client.js';

/** Traces of calls, sent to a collector in OTLP's JSON over HTTP; without a collector there are none, and no cost. */
@Injectable()
export class CallTraces implements OnApplicationShutdown {
  private readonly tracing: TracingConfig | undefined;
  private readonly exporter: TraceExporter | undefined;

  constructor(config: AppConfig, metrics: Metrics) {
    this.tracing = config.tracing;
    if (this.tracing === undefined) return;
    const exporter = new TraceExporter(this.tracing);
    this.exporter = exporter;
    new Counter({
      name: 'faregate_spans_dropped_total',
      help: 'Spans that no collector took',
      registers: [metrics.registry],
      collect() {
        this.reset();
        this.inc(exporter.dropped);
      },
    });
  }

  /**
   * The trace of one call; undefined where nobody collects it. `traceparent`: the caller's header, whose decision to
   * record goes first; a trace that begins here is recorded by the configured share.
   */
  begin(traceparent: unknown, call: BeginOfCall): CallTrace | undefined {
    const { tracing, exporter } = this;
    if (tracing === undefined || exporter === undefined) return undefined;
    const parent = parseTraceParent(traceparent);
    const isRecorded = parent ? parent.traceFlags === 1 : Math.random() < tracing.sampleRatio;
    if (!isRecorded) return undefined;
    const record = exporter.add.bind(exporter);
    return new CallTrace(withMembers(call, { parent, propagate: tracing.propagateUpstream, record }));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.exporter?.close();
  }
}
