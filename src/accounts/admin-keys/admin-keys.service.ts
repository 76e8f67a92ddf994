import { Injectable } from '@nestjs/common';
import { nowDate } from '../../core/clock.js';
import { invalidRequest } from '../../core/errors.js';
import { uuidv7 } from '../../core/ids.js';
import { AppConfig } from '../../platform/config/app-config.js';
import { ADMIN_ROLES, type AdminActor, type AdminRole } from '../../platform/http/access.decorator.js';
import { judgeText } from '../../platform/http/field-rules.js';
import { generateSecret, storedForm } from '../keys/key-material.js';
import { adminKeyView, type AdminKeyView } from './admin-key.js';
import { AdminKeysRepository } from './admin-keys.repository.js';

/** Admin keys. They are made and ended on the command line only, so that no admin can make a stronger one over HTTP. */
@Injectable()
export class AdminKeysService {
  constructor(
    private readonly keys: AdminKeysRepository,
    private readonly config: AppConfig,
  ) {}

  /** A new key; its secret is in this answer and nowhere else. Throws invalid_request. */
  async create(
    actor: AdminActor,
    { name, role, expiresAt = null }: { name: string; role: string; expiresAt?: Date | null },
  ): Promise<AdminKeyView & { secret: string }> {
    const wrong = judgeText(name);
    if (wrong !== null) throw invalidRequest(`name ${wrong}`, 'name');
    if (!isAdminRole(role)) throw invalidRequest(`role must be one of: ${ADMIN_ROLES.join(', ')}`, 'role');
    if (expiresAt !== null && expiresAt <= nowDate())
      throw invalidRequest('expires_at must lie in the future', 'expires_at');
    const secret = generateSecret('fg_admin');
    const key = await this.keys.create(actor, {
      id: uuidv7(),
      name,
      role,
      expiresAt,
      secret: storedForm(secret, this.config.keyPepper),
    });
    return { ...adminKeyView(key), secret };
  }

  /** The key is refused from the next call on. Throws not_found; revoking again changes nothing. */
  async revoke(actor: AdminActor, id: string): Promise<AdminKeyView> {
    return adminKeyView(await this.keys.revoke(actor, id));
  }

  /** All of them, newest first; revoked and expired ones too. */
  async list(): Promise<AdminKeyView[]> {
    return (await this.keys.list()).map(adminKeyView);
  }
}

const isAdminRole = (text: string): text is AdminRole => (ADMIN_ROLES as readonly string[]).includes(text);
