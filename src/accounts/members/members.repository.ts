import { Injectable } from '@nestjs/common';
import { publicId } from '../../core/ids.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { PrismaService } from '../../platform/prisma/prisma.service.js';
import { memberView, type Member, type MemberRole } from './member.js';

@Injectable()
export class MembersRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogRepository,
  ) {}

  /** A second member with the same address breaks the table's unique key, which becomes a conflict. */
  async create(actor: AdminActor, member: Omit<Member, 'createdAt'>): Promise<Member> {
    return this.prisma.$transaction(async (tx) => {
      const row = await tx.member.create({ data: member });
      const created = { ...row, role: row.role as MemberRole };
      await this.audit.append(tx, {
        actor,
        action: 'member.add',
        targetKind: 'member',
        targetId: publicId('member', created.id),
        organizationId: created.organizationId,
        after: memberView(created),
      });
      return created;
    });
  }

  /** Newest first, starting after `beforeId`. */
  async list(
    organizationId: string,
    { beforeId, limit }: { beforeId: string | undefined; limit: number },
  ): Promise<Member[]> {
    const rows = await this.prisma.member.findMany({
      where: { organizationId, ...(beforeId === undefined ? {} : { id: { lt: beforeId } }) },
      orderBy: { id: 'desc' },
      take: limit,
    });
    return rows.map((row) => ({ ...row, role: row.role as MemberRole }));
  }
}
