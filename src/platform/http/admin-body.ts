import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { FaregateError } from '../../core/errors.js';

const MAX_BODY = '1mb';

/** Parses JSON bodies of /admin, /finance and /v1/manage; anything else with a body is refused with 415. */
export function adminBodyParser(): RequestHandler {
  const parse = express.json({ limit: MAX_BODY, type: 'application/json', strict: true });
  return (request: Request, response: Response, next: NextFunction) => {
    const hasBody =
      request.headers['transfer-encoding'] !== undefined ||
      Number(request.headers['content-length'] ?? 0) > 0;
    if (hasBody && !request.is('application/json')) {
      next(new FaregateError('unsupported_media_type', 'The body must be application/json.'));
      return;
    }
    parse(request, response, next);
  };
}
