import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One span as it came over the wire. */
export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startNano: bigint;
  endNano: bigint;
  status: number;
  attributes: Record<string, unknown>;
}

export interface OtlpCollector {
  url: string;
  spans: CollectedSpan[];
  /** Headers of every export. */
  headers: Record<string, unknown>[];
  /** `schemaUrl` of every scope. */
  schemas: Set<string>;
  close(): Promise<void>;
}

interface Value {
  stringValue?: string;
  intValue?: string | number;
  boolValue?: boolean;
  arrayValue?: { values: Value[] };
}

const plain = (value: Value): unknown =>
  value.arrayValue
    ? value.arrayValue.values.map(plain)
    : value.intValue === undefined
      ? (value.stringValue ?? value.boolValue)
      : Number(value.intValue);

/** An HTTP server that takes OTLP traces in JSON, as a collector does, and keeps them. Refuses anything else. */
export async function startCollector(): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const headers: Record<string, unknown>[] = [];
  const schemas = new Set<string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isJson = request.headers['content-type'] === 'application/json';
      if (request.method !== 'POST' || request.url !== '/v1/traces' || !isJson) {
        response.writeHead(400).end();
        return;
      }
      headers.push(request.headers);
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
        resourceSpans: { scopeSpans: { schemaUrl?: string; spans: Record<string, unknown>[] }[] }[];
      };
      for (const { schemaUrl, spans: sent } of body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans)) {
        if (schemaUrl) schemas.add(schemaUrl);
        spans.push(...sent.map(toSpan));
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, spans, headers, schemas, close };
}

function toSpan(sent: Record<string, unknown>): CollectedSpan {
  const attributes = sent['attributes'] as { key: string; value: Value }[];
  return {
    traceId: String(sent['traceId']),
    spanId: String(sent['spanId']),
    ...(sent['parentSpanId'] ? { parentSpanId: String(sent['parentSpanId']) } : {}),
    name: String(sent['name']),
    kind: Number(sent['kind']),
    startNano: BigInt(String(sent['startTimeUnixNano'])),
    endNano: BigInt(String(sent['endTimeUnixNano'])),
    status: Number((sent['status'] as { code?: number } | undefined)?.code ?? 0),
    attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)])),
  };
}
