import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { FaregateError } from '../../core/errors.js';
import { parseJsonBody, readBody, startReadingBody } from './request-body.js';

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Reads JSON bodies of /admin, /finance and /v1/manage as strictly as those of inference; anything else with a body is
 * refused with 415.
 */
export function adminBodyParser(): RequestHandler {
  return async (request: Request, _: Response, next: NextFunction) => {
    const hasBody =
      request.headers['transfer-encoding'] !== undefined ||
      Number(request.headers['content-length'] ?? 0) > 0;
    if (hasBody) {
      startReadingBody(request, MAX_BODY_BYTES);
      await parse(request);
    }
    next();
  };
}

async function parse(request: Request): Promise<void> {
  if (!request.is('application/json')) {
    throw new FaregateError('unsupported_media_type', 'The body must be application/json.');
  }
  const body = await readBody(request);
  // A chunked request may hold nothing at all.
  request.body = body.length === 0 ? undefined : parseJsonBody(body, request.headers['content-type']).json;
}
