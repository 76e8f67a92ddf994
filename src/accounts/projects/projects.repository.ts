import { Injectable } from '@nestjs/common';
import { nowDate } from '../../core/clock.js';
import { publicId } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import { storedRateLimits, type RateLimitSettings } from '../../core/rate-limits.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import type { Prisma } from '../../platform/prisma/generated/client.js';
import { PrismaService } from '../../platform/prisma/prisma.service.js';
import { findBudgets, putBudget } from '../budgets/budget.repository.js';
import { projectView, type Project, type ProjectSettings, type ProjectStatus } from './project.js';

type NewProject = ProjectSettings & { id: string; organizationId: string };

type ProjectRow = Prisma.Result<PrismaService['project'], object, 'findFirstOrThrow'>;

@Injectable()
export class ProjectsRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogRepository,
  ) {}

  async create(actor: AdminActor, project: NewProject): Promise<Project> {
    const { id, organizationId, budget } = project;
    return this.prisma.$transaction(async (tx) => {
      await tx.project.create({ data: { id, organizationId, ...rowOf(project) } });
      await putBudget(tx, { scope: 'project', scopeId: id, organizationId }, budget);
      const after = await getOne(tx, id);
      await this.record(tx, actor, { action: 'project.create', before: null, after });
      return after;
    });
  }

  /** Throws not_found. */
  async update(actor: AdminActor, id: string, changes: Partial<ProjectSettings>): Promise<Project> {
    return this.prisma.$transaction(async (tx) => {
      const locked = await tx.$queryRaw<
        unknown[]
      >`select 1 as found from project where id = ${id}::uuid for no key update`;
      if (locked.length === 0) throw notFound('project', publicId('project', id));
      const before = await getOne(tx, id);
      await tx.project.update({
        where: { id },
        data: { ...rowOf({ ...before, ...changes }), updatedAt: nowDate() },
      });
      const target = { scope: 'project', scopeId: id, organizationId: before.organizationId } as const;
      await putBudget(tx, target, changes.budget);
      const after = await getOne(tx, id);
      await this.record(tx, actor, { action: 'project.update', before, after });
      return after;
    });
  }

  async find(id: string): Promise<Project | null> {
    const row = await this.prisma.project.findUnique({ where: { id } });
    return row && ((await complete(this.prisma, [row]))[0] ?? null);
  }

  /** Newest first, starting after `beforeId`. */
  async list(
    organizationId: string,
    { beforeId, limit }: { beforeId: string | undefined; limit: number },
  ): Promise<Project[]> {
    const rows = await this.prisma.project.findMany({
      where: { organizationId, ...(beforeId === undefined ? {} : { id: { lt: beforeId } }) },
      orderBy: { id: 'desc' },
      take: limit,
    });
    return complete(this.prisma, rows);
  }

  private async record(
    tx: Prisma.TransactionClient,
    actor: AdminActor,
    change: { action: string; before: Project | null; after: Project },
  ): Promise<void> {
    await this.audit.append(tx, {
      actor,
      action: change.action,
      targetKind: 'project',
      targetId: publicId('project', change.after.id),
      organizationId: change.after.organizationId,
      before: change.before && projectView(change.before),
      after: projectView(change.after),
    });
  }
}

async function getOne(tx: Prisma.TransactionClient, id: string): Promise<Project> {
  const [project] = await complete(tx, [await tx.project.findUniqueOrThrow({ where: { id } })]);
  if (project === undefined) throw new Error(`project ${id} was lost`);
  return project;
}

async function complete(client: Prisma.TransactionClient, rows: ProjectRow[]): Promise<Project[]> {
  const budgets = await findBudgets(
    client,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({
    id: row.id,
    organizationId: row.organizationId,
    name: row.name,
    status: row.status as ProjectStatus,
    routingDefaults: row.routingDefaults as JsonObject,
    rateLimits: row.rateLimits as RateLimitSettings,
    tags: row.tags as Record<string, string>,
    budget: budgets.get(row.id) ?? null,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  }));
}

const rowOf = (settings: ProjectSettings) => ({
  name: settings.name,
  status: settings.status,
  routingDefaults: settings.routingDefaults as Prisma.InputJsonObject,
  rateLimits: storedRateLimits(settings.rateLimits),
  tags: settings.tags,
});
