import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import passport from 'passport';
import type { NextFunction, Request, Response } from 'express';
import { FaregateError } from '../core/errors.js';
import { AppConfig } from '../platform/config/app-config.js';
import { ACCESS, type Access, type AdminActor } from '../platform/http/access.decorator.js';
import { startReadingBody } from '../platform/http/request-body.js';

/** Runs before every route and lets in whom the route's declared access allows; undeclared means nobody. */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly declared = new Map<object, Access | undefined>();

  constructor(
    private readonly reflector: Reflector,
    private readonly config: AppConfig,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const access = this.accessOf(context);
    const http = context.switchToHttp();
    const request = http.getRequest<Request & { user?: unknown }>();
    switch (access?.kind) {
      case 'public':
        return true;
      case 'key':
        if (request.method === 'POST') startReadingBody(request, this.config.maxBodyBytes);
        return authenticate('api-key', request, http.getResponse<Response>());
      case 'admin':
        return this.admitAdmin(access, request, http.getResponse<Response>());
      case undefined:
        throw new FaregateError('permission', 'This route admits nobody');
    }
  }

  private async admitAdmin(
    access: Access & { kind: 'admin' },
    request: Request,
    response: Response,
  ): Promise<boolean> {
    await authenticate('admin-key', request, response);
    const actor = request.user as AdminActor;
    if (!access.roles.includes(actor.role)) {
      throw new FaregateError(
        'permission',
        `The role "${actor.role}" may not do this; it needs ${access.roles.join(' or ')}`,
      );
    }
    return true;
  }

  private accessOf(context: ExecutionContext): Access | undefined {
    const handler = context.getHandler();
    if (!this.declared.has(handler)) {
      this.declared.set(
        handler,
        this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [handler, context.getClass()]),
      );
    }
    return this.declared.get(handler);
  }
}

/** Runs a passport strategy; what it finds is put on `request.user`. Rejects with the strategy's error. */
function authenticate(strategy: string, request: Request, response: Response): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const done = (error: unknown, user?: object | false): void => {
      if (error || !user) {
        reject(
          error instanceof Error
            ? error
            : new FaregateError('authentication', 'Invalid API key', { code: 'invalid_api_key' }),
        );
        return;
      }
      (request as { user?: object }).user = user;
      resolve(true);
    };
    (
      passport.authenticate(strategy, { session: false }, done) as (
        q: Request,
        s: Response,
        n: NextFunction,
      ) => void
    )(request, response, done as NextFunction);
  });
}
