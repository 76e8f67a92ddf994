import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { isObject, type JsonObject } from '../../core/json.js';

const READING = Symbol('body');

type Reading = IncomingMessage & { [READING]?: Promise<Buffer> };

/**
 * Starts to collect the body. Call it in the tick the request arrives in: a body that waits for an awaited
 * check lands in a paused stream, which costs a third of the throughput.
 */
export function startReadingBody(request: IncomingMessage, maxBytes: number): void {
  const reading = new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else {
        chunks.length = 0;
        reject(new FaregateError('too_large', `Request body is larger than ${maxBytes} bytes`));
      }
    });
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.on('error', () => reject(invalidRequest('The request body could not be read')));
    request.on('close', () => {
      if (!request.complete) reject(invalidRequest('The connection closed before the body was complete'));
    });
  });
  // The guard may refuse the call before anybody awaits the body.
  reading.catch(() => undefined);
  (request as Reading)[READING] = reading;
}

/** The collected body. Throws FaregateError: too_large, compressed (415), or invalid_request when the client left. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') {
    throw new FaregateError(
      'unsupported_media_type',
      'Content-Encoding is not supported: send the body as it is',
    );
  }
  return (request as Reading)[READING] ?? Promise.reject(new Error('startReadingBody was not called'));
}

/** Nesting deeper than this is refused before it costs anything. */
const MAX_DEPTH = 64;

/** A JSON object and its text. Throws FaregateError 400/415 in words for the caller. */
export function parseJsonBody(
  body: Buffer,
  contentType: string | undefined,
): { text: string; json: JsonObject } {
  if (contentType !== undefined && !/^application\/(.+\+)?json\b/i.test(contentType.trim())) {
    throw new FaregateError('unsupported_media_type', 'Content-Type must be application/json');
  }
  if (!isUtf8(body)) throw invalidRequest('Request body is not valid UTF-8');
  const text = body.toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalidRequest('Request body is not valid JSON');
  }
  if (!isObject(json)) throw invalidRequest('Request body must be a JSON object');
  if (isDeeperThan(text, MAX_DEPTH))
    throw invalidRequest(`Request body is nested deeper than ${MAX_DEPTH} levels`);
  return { text, json };
}

/** Whether brackets nest deeper than `limit`. Strings are skipped; the text is known to be valid JSON. */
function isDeeperThan(text: string, limit: number): boolean {
  // Only a text with that many opening brackets in all can be that deep; most are not even scanned.
  const opening = /[[{]/g;
  let brackets = 0;
  while (brackets <= limit && opening.test(text)) brackets += 1;
  if (brackets <= limit) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 34) {
      do at = text.indexOf('"', at + 1);
      while (isEscaped(text, at));
    } else if (code === 123 || code === 91) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === 125 || code === 93) depth -= 1;
  }
  return false;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === 92) slashes += 1;
  return slashes % 2 === 1;
}
