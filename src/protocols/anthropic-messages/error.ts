import { anthropicContextMessage } from '../../core/context-length.js';
import { STATUS_OF_KIND, type ErrorKind, type FaregateError } from '../../core/errors.js';
import { asObject, asString, isObject, tryParseJson, type JsonObject } from '../../core/json.js';
import type { StreamFailure } from '../completion.js';
import type { UpstreamErrorBody } from '../protocol.js';
import { namedEvent } from '../sse.js';
import { compact } from './wire.js';

/** `error.type` of each kind (Anthropic API, "Errors"). */
const TYPE_OF_KIND: Record<ErrorKind, string> = {
  invalid_request: 'invalid_request_error',
  authentication: 'authentication_error',
  billing: 'billing_error',
  permission: 'permission_error',
  not_found: 'not_found_error',
  conflict: 'conflict_error',
  too_large: 'request_too_large',
  unsupported_media_type: 'invalid_request_error',
  rate_limit: 'rate_limit_error',
  internal: 'api_error',
  upstream: 'api_error',
  unavailable: 'overloaded_error',
  timeout: 'timeout_error',
};

/** Anthropic's own status for overload. */
const OVERLOADED_STATUS = 529;

/** Longest piece of an upstream's words that goes on. */
const MESSAGE_LIMIT = 300;

function errorBody(error: FaregateError, requestId: string): JsonObject {
  const { param, code, contextLength } = error.details;
  const named = param === undefined || error.message.includes(param);
  const details = code?.startsWith('thread_') ? { error_code: code } : undefined;
  const plain = named ? error.message : `${param}: ${error.message}`;
  const message = contextLength ? anthropicContextMessage(contextLength) : plain;
  const inner = compact<JsonObject>({ type: TYPE_OF_KIND[error.kind], message, details });
  return { type: 'error', error: inner, request_id: requestId };
}

/** Public body and status. The field at fault is always named in the message, because the shape has no member for it. */
export function encodeError(error: FaregateError, requestId: string): { status: number; body: JsonObject } {
  const status = error.kind === 'unavailable' ? OVERLOADED_STATUS : STATUS_OF_KIND[error.kind];
  return { status, body: errorBody(error, requestId) };
}

/** The event that ends a stream which has begun. */
export const encodeStreamError = (error: FaregateError, requestId: string): string =>
  namedEvent('error', JSON.stringify(errorBody(error, requestId)));

/**
 * Reads what an upstream said when it refused: Anthropic's shape, the OpenAI shape, `{"error":"text"}`,
 * `{"message"}`, `{"detail"}`, or the start of any other body with its markup removed.
 */
export function decodeError(body: string): UpstreamErrorBody {
  const json = tryParseJson(body);
  if (!isObject(json)) return { message: plainText(body) };
  const error = asObject(json['error']) ?? json;
  const message = asString(error['message']) ?? asString(json['error']) ?? asString(json['detail']);
  return compact<UpstreamErrorBody>({
    message: cut(message ?? 'the upstream gave no reason'),
    type: error === json ? undefined : asString(error['type']),
    code: asString(asObject(error['details'])?.['error_code']) ?? asString(error['code']),
    param: asString(error['param']),
  });
}

const cut = (text: string): string => text.slice(0, MESSAGE_LIMIT);

function plainText(body: string): string {
  const text = body
    .slice(0, 20 * MESSAGE_LIMIT)
    .replace(/<(script|style)\b[^>]*>[\s\S]*?(?:<\/\1>|$)/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return cut(text) || 'the upstream gave no reason';
}

/** Kinds of the error types an upstream may send inside a stream; its own credential troubles are never the caller's. */
const KIND_OF_TYPE: Readonly<Record<string, ErrorKind>> = {
  overloaded_error: 'unavailable',
  rate_limit_error: 'rate_limit',
  timeout_error: 'timeout',
  invalid_request_error: 'invalid_request',
  request_too_large: 'invalid_request',
};

/** An `error` event of an upstream stream. */
export function decodeStreamFailure(raw: JsonObject): StreamFailure {
  const { message, type } = decodeError(JSON.stringify(raw));
  const kind = type !== undefined && Object.hasOwn(KIND_OF_TYPE, type) ? KIND_OF_TYPE[type] : undefined;
  return compact<StreamFailure>({ kind: kind ?? 'upstream', message, vendorType: type });
}
