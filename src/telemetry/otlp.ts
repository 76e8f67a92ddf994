import type { Attributes } from './semantic-attributes.js';

/** One finished span. Times are epoch milliseconds. */
export interface SpanRecord {
  /** 32 and 16 hexadecimal digits. */
  traceId: string;
  spanId: string;
  /** Absent: the trace begins here. */
  parentSpanId: string | undefined;
  name: string;
  kind: 'server' | 'client';
  startMs: number;
  endMs: number;
  attributes: Attributes;
  failed: boolean;
  events: readonly { name: string; atMs: number }[];
}

/** Who sends spans. */
export interface SpanSource {
  serviceName: string;
  /** Names the version of the conventions that the attributes follow. */
  schemaUrl: string;
}

const KINDS = { server: 2, client: 3 } as const;
const STATUS_UNSET = 0;
const STATUS_ERROR = 2;

/**
 * Spans as an `ExportTraceServiceRequest` in OTLP's JSON encoding (opentelemetry-proto 1.x, docs/specification.md,
 * "JSON Protobuf Encoding"): ids in hexadecimal, 64-bit integers as text, enumerations as numbers.
 */
export const exportRequest = (spans: readonly SpanRecord[], { serviceName, schemaUrl }: SpanSource) => ({
  resourceSpans: [
    {
      resource: { attributes: keyValues({ 'service.name': serviceName }) },
      scopeSpans: [{ scope: { name: 'faregate' }, spans: spans.map(encodeSpan), schemaUrl }],
    },
  ],
});

const encodeSpan = (span: SpanRecord) => ({
  traceId: span.traceId,
  spanId: span.spanId,
  ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
  name: span.name,
  kind: KINDS[span.kind],
  startTimeUnixNano: unixNano(span.startMs),
  endTimeUnixNano: unixNano(Math.max(span.startMs, span.endMs)),
  attributes: keyValues(span.attributes),
  events: span.events.map(({ name, atMs }) => ({ name, timeUnixNano: unixNano(atMs) })),
  status: { code: span.failed ? STATUS_ERROR : STATUS_UNSET },
});

const unixNano = (ms: number): string => (BigInt(Math.round(ms * 1_000)) * 1_000n).toString();

const keyValues = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));

function anyValue(value: Attributes[string]): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: value.toString() } : { doubleValue: value };
  return { arrayValue: { values: value.map((one) => ({ stringValue: one })) } };
}
