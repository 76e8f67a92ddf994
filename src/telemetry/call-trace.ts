import { randomBytes } from 'node:crypto';
import type { BeginOfCall, CallReport } from './call-report.js';
import type { SpanRecord } from './otlp.js';
import { attemptAttributes, callAttributes, operationOf } from './semantic-attributes.js';
import { traceParentHeader, type TraceParent } from './trace-context.js';

/** Beginning of a trace of one call. */
export interface TraceStart extends BeginOfCall {
  /** Absent: the trace begins here. */
  parent: TraceParent | undefined;
  /** Whether upstreams are told of the trace. */
  propagate: boolean;
  /** Takes the spans when the call has ended. */
  record: (spans: SpanRecord[]) => void;
}

interface AttemptSpan {
  spanId: string;
  upstreamModel: string;
  startMs: number;
}

/** One call's spans: the caller's side, and one for each upstream call. Holds no word of what was said. */
export class CallTrace {
  private readonly traceId: string;
  private readonly spanId = newSpanId();
  private readonly attempts: AttemptSpan[] = [];

  constructor(private readonly start: TraceStart) {
    this.traceId = start.parent?.traceId ?? randomBytes(16).toString('hex');
  }

  /** An upstream is about to be called, in the order of the report's attempts. Answers with headers for it. */
  attempt(upstreamModel: string, startMs: number): Record<string, string> {
    const spanId = newSpanId();
    this.attempts.push({ spanId, upstreamModel, startMs });
    if (!this.start.propagate) return {};
    return { traceparent: traceParentHeader({ traceId: this.traceId, spanId, traceFlags: 1 }) };
  }

  /** The call has ended. */
  end(report: CallReport): void {
    this.start.record([this.root(report), ...this.attempts.map((span, at) => this.child(span, report, at))]);
  }

  private root(report: CallReport): SpanRecord {
    const { startedAtMs, firstTokenMs } = report;
    return {
      traceId: this.traceId,
      spanId: this.spanId,
      parentSpanId: this.start.parent?.spanId,
      name: `POST ${report.route}`,
      kind: 'server',
      startMs: startedAtMs,
      endMs: startedAtMs + report.durationMs,
      attributes: callAttributes(report),
      // A refusal that is the caller's own is no error of a server.
      failed: report.outcome === 'failed' && (report.status ?? 500) >= 500,
      events:
        firstTokenMs === undefined ? [] : [{ name: 'gen_ai.first_token', atMs: startedAtMs + firstTokenMs }],
    };
  }

  private child({ spanId, upstreamModel, startMs }: AttemptSpan, report: CallReport, at: number): SpanRecord {
    const attempt = report.attempts[at];
    return {
      traceId: this.traceId,
      spanId,
      parentSpanId: this.spanId,
      name: `${operationOf(report.protocol)} ${upstreamModel}`,
      kind: 'client',
      startMs,
      endMs: startMs + (attempt?.durationMs ?? 0),
      attributes: attempt ? attemptAttributes(report.protocol, attempt) : {},
      failed: attempt?.outcome === 'failed',
      events: [],
    };
  }
}

const newSpanId = (): string => randomBytes(8).toString('hex');
