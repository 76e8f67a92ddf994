import { Logger } from '@nestjs/common';
import { request } from 'undici';
import type { TracingConfig } from '../platform/config/tracing-config.js';
import { exportRequest, type SpanRecord } from './otlp.js';
import { GEN_AI_SCHEMA } from './semantic-attributes.js';

const MAX_BATCH = 512;
/** What does not fit any more is dropped: telemetry never costs the gateway its memory. */
const MAX_WAITING = 4_096;
const TIMEOUT_MS = 3_000;
/** Answers after which the same spans may be sent again (OTLP/HTTP, "Retryable Response Codes"). */
const RETRYABLE = [429, 502, 503, 504];

/** Brings spans to an OpenTelemetry collector, in batches and off the request's path. */
export class TraceExporter {
  /** Spans that no collector took. */
  dropped = 0;
  private waiting: SpanRecord[] = [];
  private sending: Promise<void> | undefined;
  private isComplaining = false;
  private readonly timer: NodeJS.Timeout;
  private readonly log = new Logger(TraceExporter.name);

  constructor(private readonly config: TracingConfig) {
    this.timer = setInterval(() => void this.flush(), config.delayMs).unref();
  }

  add(spans: readonly SpanRecord[]): void {
    const room = MAX_WAITING - this.waiting.length;
    this.waiting.push(...spans.slice(0, room));
    this.dropped += Math.max(0, spans.length - room);
    if (this.waiting.length >= MAX_BATCH) void this.flush();
  }

  /** Sends what is left, once, and stops. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.sending;
    await this.flush();
    this.dropped += this.waiting.length;
    this.waiting = [];
  }

  private flush(): Promise<void> {
    this.sending ??= this.sendAll().finally(() => (this.sending = undefined));
    return this.sending;
  }

  /** Batch after batch, until none is left or the collector does not take one; that one is tried again later. */
  private async sendAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, MAX_BATCH);
      const fault = await this.send(batch).catch((error: Error) => ({ text: error.message, again: true }));
      if (fault) this.complain(fault.text);
      else this.isComplaining = false;
      if (fault?.again) return;
      if (fault) this.dropped += batch.length;
      this.waiting.splice(0, batch.length);
    }
  }

  /** Undefined: taken. */
  private async send(batch: SpanRecord[]): Promise<{ text: string; again: boolean } | undefined> {
    const { endpoint, headers, serviceName } = this.config;
    const { statusCode, body } = await request(`${endpoint.replace(/\/+$/, '')}/v1/traces`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(exportRequest(batch, { serviceName, schemaUrl: GEN_AI_SCHEMA })),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await body.dump();
    if (statusCode < 300) return undefined;
    return { text: `status ${statusCode}`, again: RETRYABLE.includes(statusCode) };
  }

  /** Once for a row of failures: a collector that is away must not fill the log. */
  private complain(text: string): void {
    if (!this.isComplaining) this.log.warn(`the trace collector takes no spans: ${text}`);
    this.isComplaining = true;
  }
}
