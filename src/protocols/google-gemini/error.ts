import { googleContextMessage } from '../../core/context-length.js';
import { STATUS_OF_KIND, type ErrorKind, type FaregateError } from '../../core/errors.js';
import { asArray, asObject, asString, isObject, tryParseJson, type JsonObject } from '../../core/json.js';
import type { StreamFailure } from '../completion.js';
import type { UpstreamErrorBody } from '../protocol.js';
import { compact } from './wire.js';

/** Canonical code of each kind (google.rpc.Code, cloud.google.com/apis/design/errors). */
const STATUS_WORDS: Record<ErrorKind, string> = {
  invalid_request: 'INVALID_ARGUMENT',
  authentication: 'UNAUTHENTICATED',
  billing: 'FAILED_PRECONDITION',
  permission: 'PERMISSION_DENIED',
  not_found: 'NOT_FOUND',
  conflict: 'ABORTED',
  too_large: 'INVALID_ARGUMENT',
  unsupported_media_type: 'INVALID_ARGUMENT',
  rate_limit: 'RESOURCE_EXHAUSTED',
  internal: 'INTERNAL',
  upstream: 'INTERNAL',
  unavailable: 'UNAVAILABLE',
  timeout: 'DEADLINE_EXCEEDED',
};

const TYPE = 'type.googleapis.com/google.rpc.';

/** Longest piece of an upstream's words that goes on. */
const MESSAGE_LIMIT = 300;

function details({ kind, details: known }: FaregateError, requestId: string): JsonObject[] {
  const { param, code, retryAfterSeconds } = known;
  const reason = code ?? (kind === 'authentication' ? 'api_key_invalid' : undefined);
  return [
    { '@type': `${TYPE}RequestInfo`, requestId },
    ...(reason === undefined
      ? []
      : [{ '@type': `${TYPE}ErrorInfo`, reason: reason.toUpperCase(), domain: 'faregate' }]),
    ...(param === undefined ? [] : [{ '@type': `${TYPE}BadRequest`, fieldViolations: [{ field: param }] }]),
    ...(retryAfterSeconds === undefined
      ? []
      : [{ '@type': `${TYPE}RetryInfo`, retryDelay: `${retryAfterSeconds}s` }]),
  ];
}

/** Public body and status in Google's shape; the field at fault also stands in the message. */
export function encodeError(error: FaregateError, requestId: string): { status: number; body: JsonObject } {
  const { kind, message } = error;
  const { param, contextLength } = error.details;
  const code = STATUS_OF_KIND[kind];
  const isNamed = param === undefined || message.includes(param);
  const plain = isNamed ? message : `${param}: ${message}`;
  const shown = contextLength ? googleContextMessage(contextLength) : plain;
  const body = { code, message: shown, status: STATUS_WORDS[kind], details: details(error, requestId) };
  return { status: code, body: { error: body } };
}

/** The frame that ends a stream which has begun: an error object in place of an answer. */
export const encodeStreamError = (error: FaregateError, requestId: string): string =>
  crlfEvent(JSON.stringify(encodeError(error, requestId).body));

/** A frame as Google sends it, with CRLF. */
export const crlfEvent = (data: string): string => `data: ${data}\r\n\r\n`;

const cut = (text: string): string => text.trim().slice(0, MESSAGE_LIMIT);

/** The error object of a body or stream chunk; undefined when it reports none. */
export function findError(body: JsonObject): UpstreamErrorBody | undefined {
  const error = asObject(body['error']);
  if (error === undefined) {
    const text = asString(body['error']);
    return text === undefined ? undefined : { message: cut(text) };
  }
  const infos = asArray(error['details']).filter(isObject);
  const violations = infos.flatMap((info) => asArray(info['fieldViolations'])).filter(isObject);
  const reason = infos.map((info) => asString(info['reason'])).find((found) => found !== undefined);
  return compact<UpstreamErrorBody>({
    message: cut(asString(error['message']) ?? 'the upstream gave no reason'),
    type: asString(error['status']),
    code: reason ?? (typeof error['code'] === 'number' ? String(error['code']) : asString(error['code'])),
    param: asString(violations[0]?.['field']) || undefined,
  });
}

/** Reads what an upstream said when it refused: Google's object, the same in an array, or the start of any other text. */
export function decodeError(body: string): UpstreamErrorBody {
  const parsed = tryParseJson(body);
  const first = Array.isArray(parsed) ? parsed.find(isObject) : parsed;
  if (isObject(first)) {
    const message = asString(first['message']) ?? asString(first['detail']);
    return findError(first) ?? { message: cut(message ?? 'the upstream gave no reason') };
  }
  const text = body
    .slice(0, 20_000)
    .replace(/<(script|style)\b[^>]*>[\s\S]*?(?:<\/\1>|$)/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
  return { message: cut(text) || 'the upstream gave no reason' };
}

/** Kinds of the codes that may come inside a stream; trouble with the gateway's own credential is never the caller's. */
const KIND_OF_STATUS: ReadonlyMap<string, ErrorKind> = new Map([
  ['INVALID_ARGUMENT', 'invalid_request'],
  ['OUT_OF_RANGE', 'invalid_request'],
  ['RESOURCE_EXHAUSTED', 'rate_limit'],
  ['UNAVAILABLE', 'unavailable'],
  ['DEADLINE_EXCEEDED', 'timeout'],
]);

/** An error object of a 200 stream. */
export const streamFailure = ({ message, type, code }: UpstreamErrorBody): StreamFailure => ({
  kind: KIND_OF_STATUS.get(type ?? '') ?? 'upstream',
  message,
  vendorType: type ?? code ?? 'error',
});
