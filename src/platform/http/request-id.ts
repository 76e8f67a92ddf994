import type { NextFunction, Request, Response } from 'express';
import { publicId, uuidv7 } from '../../core/ids.js';

const HEADER = 'x-request-id';

/** The id of the response's request, given to it now when it has none. A caller's own id is not taken over. */
export function requestIdOf(response: Response): string {
  const given = response.getHeader(HEADER);
  if (typeof given === 'string') return given;
  const id = publicId('request', uuidv7());
  response.setHeader(HEADER, id);
  return id;
}

/** Calls of models, whose id is that of their hold. */
const INFERENCE = /^\/v1(?:beta)?\/(?!manage\/)/;

/** Express middleware: every answer, also a refusal by the body parser, carries an id. */
export function giveRequestId(
  { method, originalUrl }: Request,
  response: Response,
  next: NextFunction,
): void {
  if (method !== 'POST' || !INFERENCE.test(originalUrl)) requestIdOf(response);
  next();
}
