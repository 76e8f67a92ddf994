import { HttpException } from '@nestjs/common';
import { FaregateError, type ErrorKind, toFaregateError } from '../../core/errors.js';
import { databaseRefusal } from './database-errors.js';

/** Error types of the admin and finance APIs: those of the OpenAI routes. */
const TYPES: Readonly<Record<ErrorKind, string>> = {
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

const KIND_OF_STATUS: Readonly<Record<number, ErrorKind>> = {
  401: 'authentication',
  403: 'permission',
  404: 'not_found',
  405: 'not_found',
  409: 'conflict',
  413: 'too_large',
  415: 'unsupported_media_type',
  429: 'rate_limit',
  503: 'unavailable',
};

/** An error as it is sent. */
export interface Problem {
  status: number;
  headers: Record<string, string>;
  body: { error: { message: string; type: string; param: string | null; code: string | null } };
}

/** The wire form of a refusal or fault. */
export function problemOf(error: FaregateError): Problem {
  const { param, code, retryAfterSeconds, shouldRetry } = error.details;
  const headers: Record<string, string> = {};
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds);
  if (shouldRetry !== undefined) headers['x-should-retry'] = String(shouldRetry);
  const fallbackCode = error.kind === 'authentication' ? 'invalid_api_key' : null;
  return {
    status: error.status,
    headers,
    body: {
      error: {
        message: error.message,
        type: TYPES[error.kind],
        param: param ?? null,
        code: code ?? fallbackCode,
      },
    },
  };
}

/** Anything thrown on an admin route as one of our errors; what nobody foresaw becomes `internal`. */
export function refusalOf(thrown: unknown): FaregateError {
  if (thrown instanceof FaregateError) return thrown;
  if (thrown instanceof HttpException) return fromHttp(thrown);
  return databaseRefusal(thrown) ?? toFaregateError(thrown);
}

/** Nest's own refusals (unknown route) and the body parser's. */
function fromHttp(thrown: HttpException): FaregateError {
  const status = thrown.getStatus();
  if (status >= 500 && status !== 503) return toFaregateError(thrown);
  const kind = KIND_OF_STATUS[status] ?? 'invalid_request';
  const parseFailed = (thrown.cause as { type?: unknown } | undefined)?.type === 'entity.parse.failed';
  const message = parseFailed ? 'The request body is not valid JSON.' : thrown.message;
  return new FaregateError(kind, message, kind === 'unavailable' ? { retryAfterSeconds: 2 } : {});
}
