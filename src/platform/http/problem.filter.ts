import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { StoredRefusal } from './idempotency.interceptor.js';
import { problemOf, refusalOf } from './problem.js';
import { requestIdOf } from './request-id.js';
import { sendRefusal } from './send-refusal.js';

/** Every refusal and fault of the admin and finance APIs, in one shape; what comes from inside is logged only. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('AdminApi');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    const requestId = requestIdOf(response);
    const problem = thrown instanceof StoredRefusal ? thrown.problem : this.translate(thrown, requestId);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    sendRefusal(http.getRequest<Request>(), response, problem);
  }

  private translate(thrown: unknown, requestId: string) {
    const error = refusalOf(thrown);
    if (error.status >= 500) {
      const cause = error.details.internal ?? error;
      this.logger.error(
        `${requestId} ${error.kind}: ${cause instanceof Error ? cause.stack : String(cause)}`,
      );
    }
    return problemOf(error);
  }
}
