import { openAiContextMessage, type ContextLength } from './context-length.js';

/**
 * Every refusal and fault the product knows, once. A protocol turns a FaregateError into its own wire shape
 * (`encodeError`), the admin API into the OpenAI-route shape; nothing else decides a status.
 */
export type ErrorKind =
  | 'invalid_request'
  | 'authentication'
  | 'permission'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'unsupported_media_type'
  | 'rate_limit'
  | 'billing'
  | 'unavailable'
  | 'upstream'
  | 'timeout'
  | 'internal';

/** HTTP status of each kind on OpenAI routes; Anthropic routes differ for `unavailable` alone (529). */
export const STATUS_OF_KIND: Record<ErrorKind, number> = {
  invalid_request: 400,
  authentication: 401,
  billing: 402,
  permission: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  rate_limit: 429,
  internal: 500,
  upstream: 502,
  unavailable: 503,
  timeout: 504,
};

/** What an error says beside its kind and its message; every part of it may be absent. */
export interface ErrorDetails {
  /** The field at fault, as the caller wrote it: "messages.0.content". Absent when no single field is. */
  param?: string | undefined;
  /** Machine-readable code: "insufficient_balance", "model_not_found". Absent when the kind says it all. */
  code?: string | undefined;
  /** Seconds after which a retry may help. Absent when waiting changes nothing. */
  retryAfterSeconds?: number | undefined;
  /** False tells SDKs not to retry (header `x-should-retry: false`). */
  shouldRetry?: boolean | undefined;
  /** Set when the input does not fit into the model: each protocol has words of its own for that (row 72). */
  contextLength?: ContextLength | undefined;
  /** Further headers of the answer, names in lower case. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** For the log only; never leaves the process. */
  internal?: unknown;
}

/** A refusal or fault with a message that is safe to show the caller. */
export class FaregateError extends Error {
  override readonly name = 'FaregateError';

  constructor(
    readonly kind: ErrorKind,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
  }

  get status(): number {
    return STATUS_OF_KIND[this.kind];
  }
}

/** Error types of OpenAI routes, which the admin and finance APIs share. */
const OPENAI_TYPES: Record<ErrorKind, string> = {
  invalid_request: 'invalid_request_error',
  authentication: 'authentication_error',
  permission: 'permission_error',
  not_found: 'not_found_error',
  conflict: 'conflict_error',
  too_large: 'invalid_request_error',
  unsupported_media_type: 'invalid_request_error',
  rate_limit: 'rate_limit_error',
  billing: 'billing_error',
  unavailable: 'overloaded_error',
  upstream: 'api_error',
  timeout: 'timeout_error',
  internal: 'api_error',
};

/** An error as OpenAI routes and the admin API write it. A type, not an interface, so that it is JSON to all. */
export type OpenAiErrorBody = {
  error: { message: string; type: string; param: string | null; code: string | null };
};

/** The body of an error in OpenAI's shape. */
export function openAiErrorBody(error: FaregateError): OpenAiErrorBody {
  const { kind, details } = error;
  const { contextLength } = details;
  const message = contextLength ? openAiContextMessage(contextLength) : error.message;
  const code = details.code ?? (kind === 'authentication' ? 'invalid_api_key' : null);
  return { error: { message, type: OPENAI_TYPES[kind], param: details.param ?? null, code } };
}

/** Headers that tell a client whether, and when, to try again; none where the error does not say. */
export function retryHeaders({ details }: FaregateError): Record<string, string> {
  const headers: Record<string, string> = {};
  const { retryAfterSeconds, shouldRetry } = details;
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds);
  if (shouldRetry !== undefined) headers['x-should-retry'] = String(shouldRetry);
  return headers;
}

/** A request that can never succeed as it stands; `param` names the field. */
export const invalidRequest = (message: string, param?: string, code?: string): FaregateError =>
  new FaregateError('invalid_request', message, { param, code });

/** One of our own parts is away or overloaded; the caller did nothing wrong. */
export const unavailable = (message: string, internal?: unknown): FaregateError =>
  new FaregateError('unavailable', message, { retryAfterSeconds: 2, internal });

/** Any thrown value as a FaregateError; what is not one becomes `internal`, with the cause for the log. */
export function toFaregateError(thrown: unknown): FaregateError {
  if (thrown instanceof FaregateError) return thrown;
  return new FaregateError('internal', 'Internal error', { internal: thrown });
}
