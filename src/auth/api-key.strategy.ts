import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-strategy';
import type { Request } from 'express';
import type { AdminActor } from '../platform/http/access.decorator.js';
import { AuthService } from './auth.service.js';
import { readCredential } from './credential.js';
import type { Principal } from './principal.js';

type Verify = (secret: string, request: Request, done: (error: unknown, user?: object) => void) => void;

/** Passport strategy for a secret in `Authorization: Bearer` or `x-api-key`; both headers mean the same. */
export class HeaderSecretStrategy extends Strategy {
  constructor(private readonly verify: Verify) {
    super();
  }

  override authenticate(request: Request): void {
    let secret: string;
    try {
      secret = readCredential(request.headers, request.path);
    } catch (error) {
      this.error(error as Error);
      return;
    }
    this.verify(secret, request, (error, user) =>
      user === undefined || error ? this.error(error as Error) : this.success(user),
    );
  }
}

/** Customer keys. */
@Injectable()
export class ApiKeyStrategy extends PassportStrategy(HeaderSecretStrategy, 'api-key') {
  constructor(private readonly auth: AuthService) {
    super();
  }

  validate(secret: string, request: Request): Promise<Principal> {
    return this.auth.authenticate(secret, request);
  }
}

/** Admin keys. */
@Injectable()
export class AdminKeyStrategy extends PassportStrategy(HeaderSecretStrategy, 'admin-key') {
  constructor(private readonly auth: AuthService) {
    super();
  }

  validate(secret: string, request: Request): Promise<AdminActor> {
    return this.auth.authenticateAdmin(secret, request);
  }
}
