import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { retryHeaders } from '../../core/errors.js';
import { refusalOf } from '../../platform/http/problem.js';
import { sendRefusal } from '../../platform/http/send-refusal.js';

/** Refusals of the one page whose clients read `success` (docs.octopusx.ai billing, statement 78). */
@Catch()
export class NewApiErrorFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const error = refusalOf(thrown);
    const given = request.headers.authorization ?? request.headers['x-api-key'];
    const unauthorised = given === undefined ? 'No Authorization header' : 'Invalid Bearer token';
    const message = error.status === 401 ? unauthorised : error.message;
    const body = { success: false, message };
    sendRefusal(request, http.getResponse<Response>(), {
      status: error.status,
      headers: retryHeaders(error),
      body,
    });
  }
}
