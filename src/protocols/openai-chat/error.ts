import { openAiErrorBody, type ErrorKind, type FaregateError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import { asArray, asObject, asString, isObject, tryParseJson } from '../../core/json.js';
import type { StreamFailure } from '../completion.js';
import type { UpstreamErrorBody } from '../protocol.js';
import { dataEvent } from '../sse.js';
import { minimaxStatus } from './minimax-status.js';

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

/** A status that stands in a body, as a number or (Azure, MiniMax) as text. */
function statusOf(...values: (JsonValue | undefined)[]): number | undefined {
  const status = values.map(Number).find((value) => Number.isInteger(value) && value >= 400 && value <= 599);
  return status;
}

/** Reads one error object: `{message, type, code, param}` and its relatives. */
function fromObject(error: JsonObject): UpstreamErrorBody | undefined {
  const nested = asObject(error['message']);
  const message =
    asString(error['message']) ??
    detailText(nested?.['detail'] ?? error['detail'] ?? error['message']) ??
    asString(error['msg']);
  if (message === undefined) return undefined;
  const status = statusOf(error['code'], error['http_code'], error['status_code']);
  return {
    message: cut(message),
    type: word(error['type']) ?? word(error['status']),
    code: word(error['code']),
    param: word(error['param']),
    ...(status === undefined ? {} : { status }),
  };
}

/** MiniMax's `base_resp` when it reports a failure (it does so with HTTP 200, row 77). */
export function failedBaseResponse(body: JsonObject): UpstreamErrorBody | undefined {
  const base = asObject(body['base_resp']);
  const code = base?.['status_code'];
  if (typeof code !== 'number' || code === 0) return undefined;
  const message = cut(asString(base?.['status_msg']) ?? '') || 'unnamed failure';
  return { message, code: String(code), status: minimaxStatus(code) };
}

/** OpenRouter wraps the words of the provider it asked: its own say only that there was an error. */
function wrapped(error: JsonObject): UpstreamErrorBody | undefined {
  const raw = asString(asObject(error['metadata'])?.['raw']);
  const parsed = raw === undefined ? undefined : tryParseJson(raw);
  if (raw === undefined || !/^provider returned error$/i.test(asString(error['message']) ?? ''))
    return undefined;
  const found = isObject(parsed) ? findError(parsed) : { message: cut(raw) };
  const status = statusOf(error['code']);
  return found && { ...found, ...(status === undefined ? {} : { status }) };
}

/** The error that a parsed body reports; undefined when it reports none. */
export function findError(body: JsonObject): UpstreamErrorBody | undefined {
  const error = body['error'];
  if (typeof error === 'string')
    return { message: cut(error), code: word(body['code']), type: word(body['type']) };
  if (isObject(error)) return wrapped(error) ?? fromObject(error) ?? { message: cut(JSON.stringify(error)) };
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

const KINDS: readonly [RegExp, ErrorKind][] = [
  [/rate_limit|RESOURCE_EXHAUSTED|too_many_requests/i, 'rate_limit'],
  [/invalid_request|context_length|bad_request|INVALID_ARGUMENT/i, 'invalid_request'],
  [/overloaded|unavailable|capacity_exceeded|slow_down/i, 'unavailable'],
  [/timeout|DEADLINE_EXCEEDED/i, 'timeout'],
];

const KIND_OF_STATUS: ReadonlyMap<number, ErrorKind> = new Map([
  [400, 'invalid_request'],
  [408, 'timeout'],
  [413, 'too_large'],
  [422, 'invalid_request'],
  [429, 'rate_limit'],
  [503, 'unavailable'],
  [504, 'timeout'],
  [529, 'unavailable'],
]);

/** The kind of a failure inside a stream: by the status it names, else by the vendor's own words. */
function kindOf({ type, code, status }: UpstreamErrorBody): ErrorKind {
  if (status !== undefined) return KIND_OF_STATUS.get(status) ?? 'upstream';
  const words = `${code ?? ''} ${type ?? ''}`;
  return KINDS.find(([pattern]) => pattern.test(words))?.[1] ?? 'upstream';
}

/** An error found in a stream, in the inner language. */
export const streamFailure = (error: UpstreamErrorBody): StreamFailure => ({
  kind: kindOf(error),
  message: error.message,
  vendorType: error.type ?? error.code,
  ...(error.code === undefined ? {} : { code: error.code }),
  ...(error.status === undefined ? {} : { status: error.status }),
});
