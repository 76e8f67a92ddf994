import type { IncomingMessage, ServerResponse } from 'node:http';
import { dropBody } from './request-body.js';

/** How long a caller who is still sending may go on, so that it reads the refusal before its connection is closed. */
const LINGER_MS = 2_000;

/** A refusal or fault in the words of a route. */
export interface Refusal {
  status: number;
  headers: Record<string, string>;
  body: object;
}

/**
 * Writes a refusal and forgets the body of the request. One that has not come in whole is read no further than it takes the
 * caller to see the answer, and its connection closed: what is left of it must not be kept, nor taken for the next request.
 */
export function sendRefusal(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  dropBody(request);
  if (request.complete) write(request, response, refusal);
  // Refused on its head: what came of the body together with it is only read by the end of this turn of the loop.
  else setImmediate(() => write(request, response, refusal));
}

function write(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Refusal): void {
  if (response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    ...headers,
    'content-length': Buffer.byteLength(text),
    ...(request.complete ? {} : { connection: 'close' }),
  });
  if (request.complete) {
    response.end(text);
    return;
  }
  response.write(text);
  endSoon(request, response);
}

/** The caller has the whole answer; the connection is closed when it has sent all, or has had time to stop. */
function endSoon(request: IncomingMessage, response: ServerResponse): void {
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.once('end', end).once('close', end);
}
