import { HttpException } from '@nestjs/common';
import {
  FaregateError,
  openAiErrorBody,
  retryHeaders,
  toFaregateError,
  type ErrorKind,
  type OpenAiErrorBody,
} from '../../core/errors.js';
import { databaseRefusal } from './database-errors.js';

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
  body: OpenAiErrorBody;
}

/** The wire form of a refusal or fault. */
export const problemOf = (error: FaregateError): Problem => ({
  status: error.status,
  headers: retryHeaders(error),
  body: openAiErrorBody(error),
});

/** Anything thrown on an admin route as one of our errors; what nobody foresaw becomes `internal`. */
export function refusalOf(thrown: unknown): FaregateError {
  if (thrown instanceof FaregateError) return thrown;
  if (thrown instanceof HttpException) return fromHttp(thrown);
  return databaseRefusal(thrown) ?? toFaregateError(thrown);
}

/** Nest's own refusals, such as that of an unknown route. */
function fromHttp(thrown: HttpException): FaregateError {
  const status = thrown.getStatus();
  if (status >= 500 && status !== 503) return toFaregateError(thrown);
  const kind = KIND_OF_STATUS[status] ?? 'invalid_request';
  return new FaregateError(kind, thrown.message, kind === 'unavailable' ? { retryAfterSeconds: 2 } : {});
}
