import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import type { Strategy } from 'passport-strategy';
import { FaregateError } from '../core/errors.js';
import { AppConfig } from '../platform/config/app-config.js';
import { ACCESS, type Access, type AdminActor } from '../platform/http/access.decorator.js';
import { AdminKeyStrategy, ApiKeyStrategy } from './api-key.strategy.js';
import { invalidKey } from './credential.js';
import { startReadingBody } from '../platform/http/request-body.js';
import { checkAddress, checkOrganization, checkScope } from './key-rights.js';
import type { Principal } from './principal.js';

/** Runs before every route and lets in whom the route's declared access allows; undeclared means nobody. */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly declared = new Map<object, Access | undefined>();

  constructor(
    private readonly reflector: Reflector,
    private readonly config: AppConfig,
    private readonly apiKeys: ApiKeyStrategy,
    private readonly adminKeys: AdminKeyStrategy,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const access = this.accessOf(context);
    const http = context.switchToHttp();
    const request = http.getRequest<Request & { user?: unknown }>();
    refuseDoubledHeaders(request);
    switch (access?.kind) {
      case 'public':
        return true;
      case 'key':
        if (request.method === 'POST') startReadingBody(request, this.config.maxBodyBytes);
        return this.admitKey(request, ['inference']);
      case 'account':
        return this.admitKey(request, ['inference', 'account']);
      case 'management-key':
        return this.admitManager(request);
      case 'admin':
        return this.admitAdmin(access, request);
      case undefined:
        throw new FaregateError('permission', 'This route admits nobody');
    }
  }

  private async admitKey(request: Request, scopes: readonly string[]): Promise<boolean> {
    await authenticate(this.apiKeys, request);
    const principal = request.user as Principal;
    checkScope(principal, ...scopes);
    checkAddress(principal, request, this.config.trustedProxies);
    return true;
  }

  private async admitManager(request: Request): Promise<boolean> {
    await this.admitKey(request, ['manage']);
    checkOrganization(request.user as Principal);
    return true;
  }

  private async admitAdmin(access: Access & { kind: 'admin' }, request: Request): Promise<boolean> {
    await authenticate(this.adminKeys, request);
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

/**
 * Two Host headers are read differently by what stands before us and by us (RFC 9112 §3.2): refused with 400. Of two
 * Authorization headers Node shows the first: refused with 401 when they differ.
 */
function refuseDoubledHeaders({ rawHeaders }: Request): void {
  let hosts = 0;
  let authorization: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
    if (name.length !== 13 || name.toLowerCase() !== 'authorization') continue;
    if (authorization !== undefined && authorization !== rawHeaders[at + 1])
      throw invalidKey('Two Authorization headers carry different keys; send one of them');
    authorization = rawHeaders[at + 1];
  }
  if (hosts > 1) throw new FaregateError('invalid_request', 'The request has more than one Host header');
}

/**
 * Runs a passport strategy on a request as passport's own middleware would, without the session, redirect and
 * challenge that no API needs. What the strategy finds is put on `request.user`; its error is thrown.
 */
function authenticate(strategy: Strategy, request: Request): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const run = Object.create(strategy) as Strategy;
    run.success = (user: object) => {
      (request as { user?: object }).user = user;
      resolve(true);
    };
    run.error = reject;
    run.fail = () => reject(invalidKey('Invalid API key'));
    run.authenticate(request);
  });
}
