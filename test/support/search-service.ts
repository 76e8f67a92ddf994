import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../src/core/json.js';

/** A request that a scripted search service has had. */
export interface SearchServiceRequest {
  method: string;
  /** Path and query. */
  url: URL;
  headers: IncomingMessage['headers'];
  /** Parsed body of a POST; undefined of a GET. */
  body: JsonObject | undefined;
}

type Answer = (request: SearchServiceRequest, response: ServerResponse) => void;

/** A search service on a port of its own that answers as it is told. */
export interface SearchService {
  url: string;
  requests: SearchServiceRequest[];
  answer: Answer;
  close(): Promise<void>;
}

export const sendJson = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

export async function startSearchService(answer: Answer): Promise<SearchService> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const seen: SearchServiceRequest = {
        method: request.method ?? '',
        url: new URL(request.url ?? '', 'http://search'),
        headers: request.headers,
        body: text === '' ? undefined : (JSON.parse(text) as JsonObject),
      };
      service.requests.push(seen);
      service.answer(seen, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const service: SearchService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    answer,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return service;
}
