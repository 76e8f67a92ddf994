import { SearchFailure } from './search-backend.js';
import { tryParseJson, type JsonValue } from '../core/json.js';

/** The largest answer of a search service that is read. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** Where a search service is and how to be let in. */
export interface SearchServiceSettings {
  /** Without a trailing slash. */
  url: string;
  apiKey?: string | undefined;
  timeoutMs: number;
}

/** One request to the configured search service. */
export interface SearchHttpCall {
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string | undefined;
  timeoutMs: number;
  /** Aborted when the caller has left. */
  signal: AbortSignal;
}

/**
 * Calls the search service and answers the JSON it sent. Follows no redirect, reads no more than 8 MiB, waits no longer
 * than `timeoutMs`. Throws SearchFailure, in which nothing of the answer stands: it may repeat what was searched for.
 */
export async function callSearchService(call: SearchHttpCall): Promise<JsonValue> {
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(call.timeoutMs)]);
  try {
    const response = await fetch(call.url, {
      method: call.method,
      headers: { accept: 'application/json', 'user-agent': 'faregate', ...call.headers },
      body: call.body ?? null,
      redirect: 'error',
      signal,
    });
    const text = await readCapped(response);
    if (!response.ok) throw new SearchFailure(`status ${response.status}`);
    const json = tryParseJson(text);
    if (json === undefined)
      throw new SearchFailure(`an answer of ${text.length} characters that is not JSON`);
    return json;
  } catch (error) {
    if (error instanceof SearchFailure) throw error;
    const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name;
    throw new SearchFailure(`the search service could not be asked: ${cause}`);
  }
}

async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new SearchFailure('an answer that is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
