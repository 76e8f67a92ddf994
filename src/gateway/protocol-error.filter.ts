import type { ServerResponse } from 'node:http';
import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request } from 'express';
import type { Principal } from '../auth/principal.js';
import {
  FaregateError,
  retryHeaders,
  STATUS_OF_KIND,
  toFaregateError,
  type ErrorKind,
} from '../core/errors.js';
import { publicId, uuidv7 } from '../core/ids.js';
import { sendRefusal } from '../platform/http/send-refusal.js';
import { CallObserver } from '../telemetry/call-observer.service.js';
import { dialectOf, routeOf } from './routes.js';

/** Turns whatever a route threw into an error in the caller's own dialect. Nothing internal leaves. */
@Catch()
export class ProtocolErrorFilter implements ExceptionFilter {
  private readonly log = new Logger('Request');

  constructor(private readonly observer: CallObserver) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request & { requestId?: string; user?: Principal }>();
    const response = http.getResponse<ServerResponse>();
    const error = thrown instanceof HttpException ? fromHttpException(thrown) : toFaregateError(thrown);
    const requestId = publicId('request', request.requestId ?? uuidv7());
    if (error.details.internal !== undefined) this.report(error, requestId);
    this.tell(request, error, requestId);
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const { status, body } = dialectOf(request.path, request.headers).encodeError(error, requestId);
    const headers = { ...error.details.headers, 'x-request-id': requestId, ...retryHeaders(error) };
    sendRefusal(request, response, { status, headers, body });
  }

  private tell(request: Request & { user?: Principal }, error: FaregateError, requestId: string): void {
    const { user } = request;
    this.observer.refused(request, {
      requestId,
      keyId: user && publicId('key', user.keyId),
      organizationId: user && publicId('organization', user.organizationId),
      route: routeOf(request.path),
      status: error.status,
      kind: error.kind,
      code: error.details.code,
    });
  }

  private report(error: FaregateError, requestId: string): void {
    const { internal } = error.details;
    const cause =
      internal instanceof Error ? `${internal.name}: ${internal.message}` : 'refused by the upstream';
    if (error.kind === 'internal')
      this.log.error(`${requestId} ${cause}`, internal instanceof Error ? internal.stack : undefined);
    else this.log.warn(`${requestId} ${error.kind}: ${cause}`);
  }
}

function fromHttpException(exception: HttpException): FaregateError {
  const status = exception.getStatus();
  const kind = (Object.keys(STATUS_OF_KIND) as ErrorKind[]).find((name) => STATUS_OF_KIND[name] === status);
  if (status === 404)
    return new FaregateError('not_found', 'There is nothing at this address', { code: 'route_not_found' });
  return new FaregateError(kind ?? (status < 500 ? 'invalid_request' : 'internal'), exception.message);
}
