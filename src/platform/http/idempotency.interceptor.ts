import { createHash } from 'node:crypto';
import {
  createParamDecorator,
  Injectable,
  Logger,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { lastValueFrom, of, type Observable } from 'rxjs';
import { canonicalJson } from '../../core/canonical-json.js';
import { FaregateError, invalidRequest, type ErrorKind } from '../../core/errors.js';
import { AppConfig } from '../config/app-config.js';
import { SealedBox } from '../crypto/sealed-box.js';
import type { AdminActor } from './access.decorator.js';
import { IdempotencyRepository, type IdempotentCall } from './idempotency.repository.js';
import { problemOf, refusalOf, type Problem } from './problem.js';

/** The answer of a first call that was refused after it had begun; the filter sends it as it is. */
export class StoredRefusal extends Error {
  constructor(readonly problem: Problem) {
    super('stored refusal');
  }
}

/** Refusals after which nothing was done, so that the same key may try again. */
const NOTHING_DONE: ReadonlySet<ErrorKind> = new Set<ErrorKind>([
  'invalid_request',
  'authentication',
  'permission',
  'not_found',
  'conflict',
  'too_large',
  'unsupported_media_type',
  'rate_limit',
  'unavailable',
]);

type AdminRequest = Request & { user?: AdminActor };

/**
 * Honours `Idempotency-Key` on POSTs, as Stripe does: the first answer is kept once the work has begun and is
 * given again to the same body; another body, or a call still running, is refused. Answers are sealed at rest,
 * because that of a key's creation holds its secret.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly logger = new Logger('Idempotency');
  private readonly box: SealedBox;

  constructor(
    private readonly calls: IdempotencyRepository,
    config: AppConfig,
  ) {
    this.box = new SealedBox(config.credentialKey, 'idempotency');
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<AdminRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    const call = idempotentCallOf(request);
    if (call === null) return next.handle();
    const claim = await this.calls.claim(call);
    switch (claim.kind) {
      case 'mine':
        return of(await this.run(call, claim.token, { next, response }));
      case 'answered':
        response.setHeader('idempotency-replayed', 'true');
        return of(replay(claim.status, this.box.open(Buffer.from(claim.sealed, 'base64'), placeOf(call))));
      case 'other-body':
        throw new FaregateError('conflict', 'This Idempotency-Key was used with another body.', {
          code: 'idempotency_key_reused',
        });
      case 'running':
        throw new FaregateError('conflict', 'A call with this Idempotency-Key is still running.', {
          code: 'idempotency_key_in_use',
          retryAfterSeconds: 1,
        });
    }
  }

  private async run(call: IdempotentCall, token: string, work: { next: CallHandler; response: Response }) {
    let body: unknown;
    try {
      body = await lastValueFrom(work.next.handle(), { defaultValue: null });
    } catch (thrown) {
      const error = refusalOf(thrown);
      if (NOTHING_DONE.has(error.kind)) await this.quietly(this.calls.release(call, token));
      else await this.keep(call, token, problemOf(error));
      throw thrown;
    }
    await this.keep(call, token, { status: work.response.statusCode, body });
    return body;
  }

  private async keep(call: IdempotentCall, token: string, answer: { status: number; body: unknown }) {
    const sealed = this.box.seal(JSON.stringify(answer), placeOf(call)).toString('base64');
    await this.quietly(this.calls.complete(call, token, { status: answer.status, sealed }));
  }

  /** The caller's answer matters more than its copy: a failure here is logged. */
  private async quietly(work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => this.logger.error(`answer not kept: ${String(error)}`));
  }
}

/** The call an admin's POST belongs to; null without the header. Throws invalid_request on an unusable one. */
function idempotentCallOf(request: AdminRequest): IdempotentCall | null {
  const key = request.headers['idempotency-key'];
  if (request.method !== 'POST' || key === undefined || request.user === undefined) return null;
  if (typeof key !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw invalidRequest('Idempotency-Key must be 1 to 255 printable characters', 'Idempotency-Key');
  }
  const path = request.originalUrl.replace(/\?.*$/, '').replace(/\/+$/, '');
  return {
    scope: `${request.user.keyId} POST ${path}`,
    key,
    bodyHash: createHash('sha256')
      .update(canonicalJson(request.body ?? null))
      .digest('hex'),
  };
}

const placeOf = (call: IdempotentCall): string => `idempotency:${call.scope}:${call.key}`;

function replay(status: number, sealedText: string): unknown {
  const answer = JSON.parse(sealedText) as { body: unknown; headers?: Record<string, string> };
  if (status < 400) return answer.body;
  throw new StoredRefusal({ status, headers: answer.headers ?? {}, body: answer.body as Problem['body'] });
}

/**
 * The caller's Idempotency-Key made unique across admins and routes, or null without one: what a service writes
 * into a unique column, so that work resumed after a crash is still done once.
 */
export const OperationKey = createParamDecorator((_: unknown, context: ExecutionContext): string | null => {
  const call = idempotentCallOf(context.switchToHttp().getRequest<AdminRequest>());
  return call === null ? null : `${call.scope} ${call.key}`;
});
