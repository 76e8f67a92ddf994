import { openAiErrorBody, type ErrorKind, type FaregateError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import { asArray, asObject, asString, isObject, tryParseJson } from '../../core/json.js';
import type { StreamFailure } from '../completion.js';
import type { UpstreamErrorBody } from '../protocol.js';
import { dataEvent } from '../sse.js';

/** Longest vendor message that is kept; HTML pages end up here. */
const MAX_MESSAGE = 300;

/** Status and body of a refusal on OpenAI routes (statement 43). */
export const encodeError = (error: FaregateError): { status: number; body: JsonObject } => ({
  status: error.status,
  body: openAiErrorBody(error),
});

/** The last frame of a stream that failed; no terminator follows, so no client takes it for a success. */
export const encodeStreamError = (error: FaregateError): string =>
  dataEvent(JSON.stringify(openAiErrorBody(error)));

const word = (value: unknown): string | undefined =>
  typeof value === 'number' ? String(value) : asString(value) || undefined;

/** FastAPI's `detail`, as Mistral and others send it: a text, or a list of `{loc, msg}`. */
function detailText(detail: JsonValue | undefined): string | undefined {
  if (typeof detail === 'string') return detail;
  const lines = asArray(detail)
    .filter(isObject)
    .map((item) => `${asArray(item['loc']).join('.')}: ${asString(item['msg']) ?? 'invalid'}`);
  return lines.length > 0 ? lines.join('; ') : undefined;
}

const cut = (text: string): string => text.trim().slice(0, MAX_MESSAGE);

/** Reads one error object: `{message, type, code, param}` and its relatives. */
function fromObject(error: JsonObject): UpstreamErrorBody | undefined {
  const nested = asObject(error['message']);
  const message =
    asString(error['message']) ??
    detailText(nested?.['detail'] ?? error['detail']) ??
    asString(error['msg']) ??
    asString(error['status_msg']);
  if (message === undefined) return undefined;
  return {
    message: cut(message),
    type: word(error['type']) ?? word(error['status']),
    code: word(error['code']) ?? word(error['status_code']),
    param: word(error['param']),
  };
}

/** MiniMax's `base_resp` when it reports a failure (it does so with HTTP 200). */
export function failedBaseResponse(body: JsonObject): UpstreamErrorBody | undefined {
  const base = asObject(body['base_resp']);
  if (!base || base['status_code'] === undefined || base['status_code'] === 0) return undefined;
  return fromObject(base) ?? { message: 'unnamed failure', code: word(base['status_code']) };
}

/** The error that a parsed body reports; undefined when it reports none. */
export function findError(body: JsonObject): UpstreamErrorBody | undefined {
  const error = body['error'];
  if (typeof error === 'string')
    return { message: cut(error), code: word(body['code']), type: word(body['type']) };
  if (isObject(error)) return fromObject(error) ?? { message: cut(JSON.stringify(error)) };
  return failedBaseResponse(body);
}

const plainText = (text: string): string =>
  text
    .replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

/** What an upstream's error body says, whatever its shape: JSON of any vendor, HTML, text, nothing. */
export function decodeError(body: string): UpstreamErrorBody {
  const parsed = tryParseJson(body);
  const first = Array.isArray(parsed) ? parsed[0] : parsed;
  if (isObject(first)) {
    const found = findError(first) ?? fromObject(asObject(asArray(first['errors'])[0]) ?? first);
    return found ?? { message: cut(body) };
  }
  const message = cut(plainText(body.slice(0, 20_000)));
  return { message: message === '' ? 'The upstream gave no reason.' : message };
}

/** The kind of a failure inside a stream, by the vendor's own words. */
function kindOf({ type, code }: UpstreamErrorBody): ErrorKind {
  const words = `${type ?? ''} ${code ?? ''}`;
  if (/invalid_request|context_length|\b(400|413|422)\b/.test(words)) return 'invalid_request';
  if (/rate_limit|\b429\b/.test(words)) return 'rate_limit';
  if (/timeout|\b(408|504)\b/.test(words)) return 'timeout';
  return 'upstream';
}

/** An error found in a stream, in the inner language. */
export const streamFailure = (error: UpstreamErrorBody): StreamFailure => ({
  kind: kindOf(error),
  message: error.message,
  vendorType: error.type ?? error.code,
});
