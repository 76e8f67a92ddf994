import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiBearerAuth, ApiSecurity } from '@nestjs/swagger';
import type { Request } from 'express';

/** Roles of admin keys. An owner may do everything an admin may. */
export const ADMIN_ROLES = ['owner', 'admin', 'finance', 'support', 'auditor'] as const;
export type AdminRole = (typeof ADMIN_ROLES)[number];

/** Who may call a route. Every route declares it; the process refuses to start when one does not. */
export type Access =
  | { kind: 'public' }
  | { kind: 'key' }
  | { kind: 'account' }
  | { kind: 'management-key' }
  | { kind: 'admin'; roles: readonly AdminRole[] };

export const ACCESS = 'faregate:access';

/** Anybody. */
export const PublicAccess = () => SetMetadata(ACCESS, { kind: 'public' } satisfies Access);

/** Documents that a customer key is sent in either of its two headers. */
const CustomerKey = () => applyDecorators(ApiBearerAuth('customer key'), ApiSecurity('x-api-key'));

/** The holder of a customer key with the scope `inference`, from an address the key allows: calls to models. */
export const KeyAccess = () =>
  applyDecorators(SetMetadata(ACCESS, { kind: 'key' } satisfies Access), CustomerKey());

/** The same with the scope `inference` or `account`: what a key may read of itself, its credit and what it may call. */
export const AccountAccess = () =>
  applyDecorators(SetMetadata(ACCESS, { kind: 'account' } satisfies Access), CustomerKey());

/** The same with the scope `manage`: the keys of its project. */
export const ManagementKeyAccess = () =>
  applyDecorators(SetMetadata(ACCESS, { kind: 'management-key' } satisfies Access), CustomerKey());

/** The holder of an admin key with one of these roles. */
export const AdminAccess = (...roles: AdminRole[]) =>
  applyDecorators(SetMetadata(ACCESS, { kind: 'admin', roles } satisfies Access), ApiBearerAuth('admin key'));

/** Every role: for reading what is not secret. */
export const AdminRead = () => AdminAccess(...ADMIN_ROLES);

/** The admin who calls; what the access guard puts on the request. */
export interface AdminActor {
  /** UUID of the admin key. */
  keyId: string;
  role: AdminRole;
  name: string;
}

/** The management key that calls a route of its own: UUIDs of key and project, as the access guard found them. */
export const Manager = createParamDecorator(
  (_: unknown, context: ExecutionContext): { keyId: string; projectId: string } =>
    context.switchToHttp().getRequest<Request & { user: { keyId: string; projectId: string } }>().user,
);

/** The AdminActor of an admin route. */
export const Actor = createParamDecorator((_: unknown, context: ExecutionContext): AdminActor => {
  return context.switchToHttp().getRequest<Request & { user: AdminActor }>().user;
});
