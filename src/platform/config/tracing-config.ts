/** Where traces go. */
export interface TracingConfig {
  endpoint: string;
  /** Sent with every export; for the collector's credential. */
  headers: Record<string, string>;
  serviceName: string;
  /** Share of the traces that begin here which is recorded, 0 to 1; a caller's own decision goes first. */
  sampleRatio: number;
  /** Whether upstreams are sent `traceparent`. */
  propagateUpstream: boolean;
  /** How long spans gather before they are sent. */
  delayMs: number;
}

/** The settings of tracing; undefined without a collector. */
export function tracingOf(values: ReadonlyMap<string, string>): TracingConfig | undefined {
  const endpoint = values.get('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (endpoint === undefined) return undefined;
  return {
    endpoint,
    headers: headersOf(values.get('OTEL_EXPORTER_OTLP_HEADERS')),
    serviceName: values.get('OTEL_SERVICE_NAME') ?? '',
    sampleRatio: Number(values.get('OTEL_SAMPLE_PERCENT')) / 100,
    propagateUpstream: values.get('OTEL_PROPAGATE_UPSTREAM') === 'true',
    delayMs: Number(values.get('OTEL_BSP_SCHEDULE_DELAY')),
  };
}

/** "name=value,name=value", values percent-encoded, as OpenTelemetry's own SDKs read it. */
function headersOf(text = ''): Record<string, string> {
  const pairs = text.split(',').map((pair) => pair.split(/=(.*)/s));
  return Object.fromEntries(
    pairs
      .filter(([name, value]) => name?.trim() && value !== undefined)
      .map(([name = '', value = '']) => [name.trim().toLowerCase(), decodeURIComponent(value.trim())]),
  );
}
