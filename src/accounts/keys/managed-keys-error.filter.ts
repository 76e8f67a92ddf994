import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { refusalOf } from '../../platform/http/problem.js';
import { StoredRefusal } from '../../platform/http/idempotency.interceptor.js';
import { requestIdOf } from '../../platform/http/request-id.js';
import { sendRefusal, type Refusal } from '../../platform/http/send-refusal.js';
import { retryHeaders } from '../../core/errors.js';

/** Refusals of the management API, whose clients read `error` as a text (docs.cortecs.ai management-api, statement 97). */
@Catch()
export class ManagedKeysErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('KeyManagement');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    sendRefusal(http.getRequest<Request>(), response, this.translate(thrown, response));
  }

  private translate(thrown: unknown, response: Response): Refusal {
    if (thrown instanceof StoredRefusal) {
      const { status, headers, body } = thrown.problem;
      const { message, param, code } = body.error;
      return { status, headers, body: { error: message, param, code } };
    }
    const error = refusalOf(thrown);
    if (error.status >= 500)
      this.logger.error(`${requestIdOf(response)} ${error.kind}: ${causeOf(error.details.internal)}`);
    const { param = null, code = null } = error.details;
    const body = { error: error.message, param, code };
    return { status: error.status, headers: retryHeaders(error), body };
  }
}

const causeOf = (internal: unknown): string =>
  internal instanceof Error ? (internal.stack ?? internal.message) : String(internal);
