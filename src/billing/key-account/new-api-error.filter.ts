import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { refusalOf } from '../../platform/http/problem.js';

/** Refusals of the one page whose clients read `success` (docs.octopusx.ai billing, statement 78). */
@Catch()
export class NewApiErrorFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const { headers } = http.getRequest<Request>();
    const error = refusalOf(thrown);
    const given = headers.authorization ?? headers['x-api-key'];
    const unauthorised = given === undefined ? 'No Authorization header' : 'Invalid Bearer token';
    http
      .getResponse<Response>()
      .status(error.status)
      .json({ success: false, message: error.status === 401 ? unauthorised : error.message });
  }
}
