import { openAiErrorBody, type ErrorKind, type FaregateError } from '../../core/errors.js';
import { asObject, asString, type JsonObject } from '../../core/json.js';
import type { StreamFailure } from '../completion.js';
import { findError, streamFailure } from '../openai-chat/error.js';
import type { UpstreamErrorBody } from '../protocol.js';
import { namedEvent } from '../sse.js';

/** `error.code` of a failed response, of the words that the official SDK types. */
const CODES: Partial<Record<ErrorKind, string>> = {
  rate_limit: 'rate_limit_exceeded',
  invalid_request: 'invalid_prompt',
};

/** The `error` member of a response that failed. Clients look for `context_length_exceeded` here (mapping row 72). */
export function failedError(error: FaregateError): JsonObject {
  const { message, param, type } = openAiErrorBody(error).error;
  const code = error.details.code ?? CODES[error.kind] ?? 'server_error';
  return { code, message, type, param };
}

/** The last event of a stream that failed before it said who it is: no client takes it for a success. */
export function encodeStreamError(error: FaregateError, requestId: string): string {
  const response = {
    id: `resp_${requestId.replace(/^req_/, '')}`,
    object: 'response',
    status: 'failed',
    error: failedError(error),
    incomplete_details: null,
    output: [],
    usage: null,
  };
  const event = { type: 'response.failed', sequence_number: 0, response };
  return namedEvent('response.failed', JSON.stringify(event));
}

/**
 * What a stream's `error` or `response.failed` event says: OpenAI's flat `{type:"error",code,message,param}`, an
 * error object inside, or the `error` of the failed response.
 */
export function decodeStreamFailure(raw: JsonObject): StreamFailure {
  const response = asObject(raw['response']);
  const inner = asObject(response?.['error']) ?? asObject(raw['error']);
  const found: UpstreamErrorBody = (inner && findError({ error: inner })) ?? {
    message: asString(raw['message']) ?? 'The upstream reported a failure without a reason',
    code: asString(raw['code']),
    param: asString(raw['param']),
  };
  const failure = streamFailure({ ...found, type: found.code ?? found.type });
  return found.code === 'invalid_prompt' ? { ...failure, kind: 'invalid_request' } : failure;
}
