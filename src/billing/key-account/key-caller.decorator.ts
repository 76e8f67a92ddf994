import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/** The part of an authenticated key that its account is found by: UUIDs. */
export interface KeyCaller {
  keyId: string;
  projectId: string;
  organizationId: string;
  walletId: string;
}

/** The key that calls; what the access guard puts on the request. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): KeyCaller => {
  return context.switchToHttp().getRequest<Request & { user: KeyCaller }>().user;
});
