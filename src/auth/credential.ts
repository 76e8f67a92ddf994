import type { IncomingHttpHeaders } from 'node:http';
import { FaregateError } from '../core/errors.js';
import { isGooglePath } from '../platform/http/google-paths.js';

/** A 401 in the words SDK users know. */
export const invalidKey = (message: string): FaregateError =>
  new FaregateError('authentication', message, { code: 'invalid_api_key' });

/**
 * The secret that a request carries in `Authorization: Bearer` or `x-api-key`, and on Google's paths in
 * `x-goog-api-key`. Throws 401 when there is none, or when several are sent and differ: guessing which one is meant
 * could charge the wrong customer.
 */
export function readCredential(headers: IncomingHttpHeaders, path: string): string {
  const googleKey = isGooglePath(path) ? headers['x-goog-api-key'] : undefined;
  if (typeof googleKey !== 'string' || googleKey === '') return readCommon(headers);
  const isAlone = !headers['x-api-key'] && !headers.authorization;
  if (!isAlone && readCommon(headers) !== googleKey)
    throw invalidKey('x-goog-api-key and another header carry different keys; send one of them');
  return googleKey;
}

function readCommon(headers: IncomingHttpHeaders): string {
  const apiKey = headers['x-api-key'];
  const bearer = readBearer(headers.authorization);
  if (typeof apiKey === 'string' && apiKey !== '') {
    if (bearer !== undefined && bearer !== apiKey) {
      throw invalidKey('x-api-key and Authorization carry different keys; send one of them');
    }
    return apiKey;
  }
  if (bearer === undefined) {
    throw invalidKey('Missing API key: send it as "Authorization: Bearer KEY" or "x-api-key: KEY"');
  }
  return bearer;
}

function readBearer(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization === '') return undefined;
  const match = /^Bearer +(\S+)$/i.exec(authorization);
  if (!match) throw invalidKey('Authorization must be "Bearer KEY"');
  return match[1];
}
