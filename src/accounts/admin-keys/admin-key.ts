import { publicId } from '../../core/ids.js';
import type { AdminRole } from '../../platform/http/access.decorator.js';

/** A key of somebody who administers this installation; it belongs to no customer. */
export interface AdminKey {
  id: string;
  name: string;
  role: AdminRole;
  status: 'active' | 'revoked';
  /** Null: never. */
  expiresAt: Date | null;
  displayStart: string;
  last4: string;
  createdAt: Date;
}

/** An admin key as it is shown; never its secret. */
export function adminKeyView(key: AdminKey) {
  return {
    object: 'admin_key' as const,
    id: publicId('adminKey', key.id),
    name: key.name,
    role: key.role,
    status: key.status,
    expires_at: key.expiresAt && key.expiresAt.toISOString(),
    starts_with: key.displayStart,
    last4: key.last4,
    created_at: key.createdAt.toISOString(),
  };
}

export type AdminKeyView = ReturnType<typeof adminKeyView>;
