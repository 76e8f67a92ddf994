import { Injectable } from '@nestjs/common';
import { nowDate } from '../../core/clock.js';
import { FaregateError } from '../../core/errors.js';
import { publicId, uuidv7 } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import { storedRateLimits, type RateLimitSettings } from '../../core/rate-limits.js';
import { AuditLogRepository, type AuditActor } from '../../platform/audit/audit-log.repository.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import type { Prisma } from '../../platform/prisma/generated/client.js';
import { PrismaService } from '../../platform/prisma/prisma.service.js';
import { findBudgets, putBudget } from '../budgets/budget.repository.js';
import { apiKeyView, type ApiKey, type ApiKeySettings, type KeyScope } from './api-key.js';
import type { StoredSecret } from './key-material.js';

interface Change {
  action: string;
  before: ApiKey | null;
  after: ApiKey;
}

/** Which keys of a project are wanted. */
export interface KeyListing {
  /** UUID; absent: from the newest on. */
  beforeId?: string | undefined;
  limit: number;
  /** Absent: active and revoked. */
  status?: ApiKey['status'];
  /** Absent: whatever they are called. */
  name?: string;
}

type ApiKeyRow = Prisma.Result<PrismaService['apiKey'], object, 'findFirstOrThrow'>;

/** Customer keys with the hashes of their secrets and their budgets. */
@Injectable()
export class KeysRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogRepository,
  ) {}

  /** Throws not_found for an unknown project or a foreign payment method, conflict for an archived project. */
  async create(
    actor: AuditActor,
    projectId: string,
    { secret, ...settings }: ApiKeySettings & { secret: StoredSecret },
  ): Promise<ApiKey> {
    return this.prisma.$transaction(async (tx) => {
      const { organizationId, walletId } = await getHome(tx, projectId);
      await assertOwnMethod(tx, organizationId, settings.paymentMethodId);
      const id = uuidv7();
      await tx.apiKey.create({ data: { id, organizationId, projectId, walletId, ...rowOf(settings) } });
      await tx.apiKeySecret.create({ data: { ...secretRowOf(secret), apiKeyId: id } });
      await putBudget(tx, { scope: 'key', scopeId: id, organizationId }, settings.budget);
      const after = await getOne(tx, id);
      await this.record(tx, actor, { action: 'api_key.create', before: null, after });
      return after;
    });
  }

  /** Throws not_found, and conflict for a revoked key. */
  async update(actor: AuditActor, id: string, changes: Partial<ApiKeySettings>): Promise<ApiKey> {
    return this.change(actor, id, 'api_key.update', async (tx, before) => {
      assertActive(before);
      if (changes.paymentMethodId) await assertOwnMethod(tx, before.organizationId, changes.paymentMethodId);
      await tx.apiKey.update({
        where: { id },
        data: { ...rowOf({ ...before, ...changes }), updatedAt: nowDate() },
      });
      await putBudget(
        tx,
        { scope: 'key', scopeId: id, organizationId: before.organizationId },
        changes.budget,
      );
      return true;
    });
  }

  /** Adds a secret; the others end when the overlap does, or when they already had to. */
  async rotate(
    actor: AuditActor,
    id: string,
    { secret, overlapSeconds }: { secret: StoredSecret; overlapSeconds: number },
  ): Promise<ApiKey> {
    return this.change(actor, id, 'api_key.rotate', async (tx, before) => {
      assertActive(before);
      await tx.$executeRaw`
        update api_key_secret
        set expires_at = least(expires_at, billing_now() + make_interval(secs => ${overlapSeconds}::int))
        where api_key_id = ${id}::uuid`;
      await tx.apiKeySecret.create({ data: { ...secretRowOf(secret), apiKeyId: id } });
      await tx.apiKey.update({ where: { id }, data: { updatedAt: nowDate() } });
      return true;
    });
  }

  /** Revoking again changes nothing. */
  async revoke(actor: AuditActor, id: string): Promise<ApiKey> {
    return this.change(actor, id, 'api_key.revoke', async (tx, before) => {
      if (before.status === 'revoked') return false;
      const now = nowDate();
      await tx.apiKey.update({ where: { id }, data: { status: 'revoked', revokedAt: now, updatedAt: now } });
      return true;
    });
  }

  async find(id: string): Promise<ApiKey | null> {
    const row = await this.prisma.apiKey.findUnique({ where: { id } });
    return row && ((await complete(this.prisma, [row]))[0] ?? null);
  }

  /** Newest first, starting after `beforeId`; revoked ones too, unless only active ones or those of one name are wanted. */
  async list(projectId: string, { beforeId, limit, ...where }: KeyListing): Promise<ApiKey[]> {
    const rows = await this.prisma.apiKey.findMany({
      where: { projectId, ...where, ...(beforeId === undefined ? {} : { id: { lt: beforeId } }) },
      orderBy: { id: 'desc' },
      take: limit,
    });
    return complete(this.prisma, rows);
  }

  /** Changes one key alone; `work` answers false when there was nothing to change. */
  private async change(
    actor: AuditActor,
    id: string,
    action: string,
    work: (tx: Prisma.TransactionClient, before: ApiKey) => Promise<boolean>,
  ): Promise<ApiKey> {
    return this.prisma.$transaction(async (tx) => {
      const locked = await tx.$queryRaw<
        unknown[]
      >`select 1 as found from api_key where id = ${id}::uuid for no key update`;
      if (locked.length === 0) throw notFound('key', publicId('key', id));
      const before = await getOne(tx, id);
      if (!(await work(tx, before))) return before;
      const after = await getOne(tx, id);
      await this.record(tx, actor, { action, before, after });
      return after;
    });
  }

  private async record(tx: Prisma.TransactionClient, actor: AuditActor, change: Change): Promise<void> {
    await this.audit.append(tx, {
      actor,
      action: change.action,
      targetKind: 'api_key',
      targetId: publicId('key', change.after.id),
      organizationId: change.after.organizationId,
      before: change.before && apiKeyView(change.before),
      after: apiKeyView(change.after),
    });
  }
}

function assertActive(key: ApiKey): void {
  if (key.status === 'revoked')
    throw new FaregateError('conflict', 'This key is revoked.', { code: 'key_revoked' });
}

/** Whose key it will be and what it spends from. */
async function getHome(tx: Prisma.TransactionClient, projectId: string) {
  const project = await tx.project.findUnique({ where: { id: projectId } });
  if (project === null) throw notFound('project', publicId('project', projectId));
  if (project.status !== 'active') throw new FaregateError('conflict', 'This project is archived.');
  const { organizationId } = project;
  const { currency } = await tx.organization.findUniqueOrThrow({ where: { id: organizationId } });
  const key = { organizationId_currency: { organizationId, currency } };
  const wallet = await tx.wallet.findUniqueOrThrow({ where: key });
  return { organizationId, walletId: wallet.id };
}

async function assertOwnMethod(
  tx: Prisma.TransactionClient,
  organizationId: string,
  id: string | null,
): Promise<void> {
  if (id === null) return;
  const method = await tx.paymentMethod.findUnique({ where: { organizationId_id: { organizationId, id } } });
  if (method === null) throw notFound('paymentMethod', publicId('paymentMethod', id), 'payment_method');
  if (method.status === 'active') return;
  throw new FaregateError('conflict', `This payment method is ${method.status}.`, {
    param: 'payment_method',
  });
}

async function getOne(tx: Prisma.TransactionClient, id: string): Promise<ApiKey> {
  const [key] = await complete(tx, [await tx.apiKey.findUniqueOrThrow({ where: { id } })]);
  if (key === undefined) throw new Error(`key ${id} was lost`);
  return key;
}

async function complete(client: Prisma.TransactionClient, rows: ApiKeyRow[]): Promise<ApiKey[]> {
  const ids = rows.map(({ id }) => id);
  const budgets = await findBudgets(client, ids);
  const secrets = await client.apiKeySecret.findMany({
    where: { apiKeyId: { in: ids } },
    select: { apiKeyId: true, displayStart: true, last4: true, createdAt: true, expiresAt: true },
    orderBy: { createdAt: 'desc' },
  });
  return rows.map((row) => ({
    id: row.id,
    organizationId: row.organizationId,
    projectId: row.projectId,
    name: row.name,
    status: row.status as ApiKey['status'],
    paymentMethodId: row.paymentMethodId,
    expiresAt: row.expiresAt,
    groupId: row.groupId,
    revokedAt: row.revokedAt,
    allowedModels: row.allowedModels,
    allowedIps: row.allowedIps,
    scopes: row.scopes as KeyScope[],
    rateLimits: row.rateLimits as RateLimitSettings,
    routingDefaults: row.routingDefaults as JsonObject,
    metadata: row.metadata as Record<string, string>,
    budget: budgets.get(row.id) ?? null,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    secrets: secrets
      .filter(({ apiKeyId }) => apiKeyId === row.id)
      .map(({ displayStart, last4, createdAt, expiresAt }) => ({
        displayStart,
        last4,
        createdAt,
        expiresAt,
      })),
  }));
}

const secretRowOf = (secret: StoredSecret) => ({ ...secret, hash: new Uint8Array(secret.hash) });

const rowOf = (settings: ApiKeySettings) => ({
  name: settings.name,
  paymentMethodId: settings.paymentMethodId,
  expiresAt: settings.expiresAt,
  groupId: settings.groupId,
  allowedModels: settings.allowedModels,
  allowedIps: settings.allowedIps,
  scopes: settings.scopes as string[],
  rateLimits: storedRateLimits(settings.rateLimits),
  routingDefaults: settings.routingDefaults as Prisma.InputJsonObject,
  metadata: settings.metadata,
});
