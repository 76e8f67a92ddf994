import { Injectable } from '@nestjs/common';
import { publicId } from '../../core/ids.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import type { AdminActor, AdminRole } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import type { Prisma } from '../../platform/prisma/generated/client.js';
import { PrismaService } from '../../platform/prisma/prisma.service.js';
import type { StoredSecret } from '../keys/key-material.js';
import { adminKeyView, type AdminKey } from './admin-key.js';

export interface NewAdminKey {
  id: string;
  name: string;
  role: AdminRole;
  expiresAt: Date | null;
  secret: StoredSecret;
}

type AdminKeyRow = Prisma.Result<PrismaService['adminKey'], object, 'findFirstOrThrow'>;

@Injectable()
export class AdminKeysRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogRepository,
  ) {}

  async create(actor: AdminActor, { secret, ...key }: NewAdminKey): Promise<AdminKey> {
    return this.prisma.$transaction(async (tx) => {
      const row = await tx.adminKey.create({
        data: { ...key, ...secret, hash: new Uint8Array(secret.hash) },
      });
      await this.record(tx, actor, { action: 'admin_key.create', before: null, after: toDomain(row) });
      return toDomain(row);
    });
  }

  /** Throws not_found; revoking again changes nothing. */
  async revoke(actor: AdminActor, id: string): Promise<AdminKey> {
    return this.prisma.$transaction(async (tx) => {
      const before = await tx.adminKey.findUnique({ where: { id } });
      if (before === null) throw notFound('adminKey', publicId('adminKey', id));
      if (before.status === 'revoked') return toDomain(before);
      const after = await tx.adminKey.update({ where: { id }, data: { status: 'revoked' } });
      await this.record(tx, actor, {
        action: 'admin_key.revoke',
        before: toDomain(before),
        after: toDomain(after),
      });
      return toDomain(after);
    });
  }

  /** All of them, newest first; revoked ones too. */
  async list(): Promise<AdminKey[]> {
    return (await this.prisma.adminKey.findMany({ orderBy: { id: 'desc' } })).map(toDomain);
  }

  private async record(
    tx: Prisma.TransactionClient,
    actor: AdminActor,
    change: { action: string; before: AdminKey | null; after: AdminKey },
  ): Promise<void> {
    await this.audit.append(tx, {
      actor,
      action: change.action,
      targetKind: 'admin_key',
      targetId: publicId('adminKey', change.after.id),
      before: change.before && adminKeyView(change.before),
      after: adminKeyView(change.after),
      detail: { role: change.after.role },
    });
  }
}

const toDomain = (row: AdminKeyRow): AdminKey => ({
  id: row.id,
  name: row.name,
  role: row.role as AdminRole,
  status: row.status as AdminKey['status'],
  expiresAt: row.expiresAt,
  displayStart: row.displayStart,
  last4: row.last4,
  createdAt: row.createdAt,
});
