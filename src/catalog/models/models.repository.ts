import { Injectable } from '@nestjs/common';
import { storedRateLimits, type RateLimitSettings } from '../../core/rate-limits.js';
import { AuditLogRepository, type AuditEntry } from '../../platform/audit/audit-log.repository.js';
import type { Model, Prisma } from '../../platform/prisma/generated/client.js';
import { PrismaService } from '../../platform/prisma/prisma.service.js';
import type { CatalogStatus } from '../model.js';

/** A model as the admin API keeps it. */
export interface ModelRecord {
  id: string;
  name: string;
  aliases: string[];
  contextWindow: number;
  maxOutputTokens: number;
  defaultMaxTokens: number | null;
  capabilities: string[];
  fallbackModel: string | null;
  /** What each organization may use of it. */
  rateLimits: RateLimitSettings;
  status: CatalogStatus;
  /** Where the figures come from. */
  source: string;
  createdAt: Date;
  updatedAt: Date;
}

/** What an update may write. */
export type ModelValues = Omit<ModelRecord, 'id' | 'source' | 'createdAt' | 'updatedAt'>;

/** Who changes something, and how it is called in the audit log. */
export type ModelChange = Pick<AuditEntry, 'actor' | 'detail'> & {
  /** The model as the API shows it. */
  view: (record: ModelRecord) => unknown;
};

/** Questions a decision may ask inside the transaction. */
export interface ModelLookup {
  /** The model that a name already stands for, as id or alias; null when the name is free. */
  findOwner(name: string): Promise<string | null>;
  /** Ids from a model along its fallbacks, itself first; empty when there is no such model. */
  listFallbacks(id: string): Promise<string[]>;
}

type Transaction = Prisma.TransactionClient;

/** Longer chains are broken ones. */
const MAX_FALLBACKS = 20;
/** Writers of names take turns, so that an id and an alias never come to mean two models. */
const NAMES_LOCK = 4_711_101;

/** Models and their aliases in PostgreSQL. */
@Injectable()
export class ModelsRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogRepository,
  ) {}

  /** Stores a model and its audit entry. `check` may throw to refuse. */
  create(
    id: string,
    values: ModelValues,
    change: ModelChange & { check: (lookup: ModelLookup) => Promise<void> },
  ): Promise<ModelRecord> {
    return this.prisma.$transaction(async (transaction) => {
      await takeTurn(transaction);
      await change.check(lookupIn(transaction));
      const { aliases, ...columns } = columnsOf(values);
      await transaction.model.create({ data: { id, ...columns } });
      await writeAliases(transaction, id, aliases);
      const created = await getRecord(transaction, id);
      await this.audit.append(transaction, {
        ...change,
        action: 'model.create',
        targetKind: 'model',
        targetId: id,
        after: change.view(created),
      });
      return created;
    });
  }

  /** Changes a model; null when there is none. `decide` may throw to refuse. */
  update(
    id: string,
    decide: (current: ModelRecord, lookup: ModelLookup) => Promise<Partial<ModelValues>>,
    change: ModelChange,
  ): Promise<ModelRecord | null> {
    return this.prisma.$transaction(async (transaction) => {
      await takeTurn(transaction);
      const before = await findRecord(transaction, id);
      if (!before) return null;
      const { aliases, ...columns } = columnsOf(await decide(before, lookupIn(transaction)));
      if (aliases === undefined && Object.keys(columns).length === 0) return before;
      await transaction.model.update({ where: { id }, data: columns });
      await transaction.$executeRaw`update model set updated_at = billing_now() where id = ${id}`;
      if (aliases) await writeAliases(transaction, id, aliases);
      const after = await getRecord(transaction, id);
      await this.audit.append(transaction, {
        ...change,
        action: 'model.update',
        targetKind: 'model',
        targetId: id,
        before: change.view(before),
        after: change.view(after),
      });
      return after;
    });
  }

  /** Null when there is none. */
  find(id: string): Promise<ModelRecord | null> {
    return findRecord(this.prisma, id);
  }

  /** By id, one row more than `limit` when there are as many. */
  async list(filter: {
    afterId: string | undefined;
    limit: number;
    status: CatalogStatus | undefined;
  }): Promise<ModelRecord[]> {
    const rows = await this.prisma.model.findMany({
      where: {
        ...(filter.afterId === undefined ? {} : { id: { gt: filter.afterId } }),
        ...(filter.status === undefined ? {} : { status: filter.status }),
      },
      orderBy: { id: 'asc' },
      take: filter.limit + 1,
    });
    const aliases = await this.prisma.modelAlias.findMany({
      where: { modelId: { in: rows.map(({ id }) => id) } },
      orderBy: { alias: 'asc' },
    });
    return rows.map((row) =>
      toDomain(
        row,
        aliases.filter(({ modelId }) => modelId === row.id).map(({ alias }) => alias),
      ),
    );
  }
}

const takeTurn = (transaction: Transaction): Promise<unknown> =>
  transaction.$queryRaw`select pg_advisory_xact_lock(${NAMES_LOCK}::bigint) is null as locked`;

async function writeAliases(transaction: Transaction, modelId: string, aliases: string[]): Promise<void> {
  await transaction.modelAlias.deleteMany({ where: { modelId, alias: { notIn: aliases } } });
  await transaction.modelAlias.createMany({
    data: aliases.map((alias) => ({ alias, modelId })),
    skipDuplicates: true,
  });
}

async function findRecord(transaction: Transaction, id: string): Promise<ModelRecord | null> {
  const row = await transaction.model.findUnique({ where: { id } });
  if (!row) return null;
  const aliases = await transaction.modelAlias.findMany({
    where: { modelId: id },
    orderBy: { alias: 'asc' },
  });
  return toDomain(
    row,
    aliases.map(({ alias }) => alias),
  );
}

async function getRecord(transaction: Transaction, id: string): Promise<ModelRecord> {
  const found = await findRecord(transaction, id);
  if (!found) throw new Error(`model ${id} was just written and is not there`);
  return found;
}

const lookupIn = (transaction: Transaction): ModelLookup => ({
  findOwner: async (name) => {
    const model = await transaction.model.findUnique({ where: { id: name }, select: { id: true } });
    const alias = await transaction.modelAlias.findUnique({ where: { alias: name } });
    return model?.id ?? alias?.modelId ?? null;
  },
  listFallbacks: async (id) => {
    const chain: string[] = [];
    let next: string | null = id;
    while (next !== null && !chain.includes(next) && chain.length < MAX_FALLBACKS) {
      const row: { fallbackModel: string | null } | null = await transaction.model.findUnique({
        where: { id: next },
        select: { fallbackModel: true },
      });
      if (!row) return chain;
      chain.push(next);
      next = row.fallbackModel;
    }
    return chain;
  },
});

const toDomain = (row: Model, aliases: string[]): ModelRecord => ({
  ...row,
  aliases,
  status: row.status as CatalogStatus,
  rateLimits: row.rateLimits as RateLimitSettings,
});

const columnsOf = <Values extends Partial<ModelValues>>({ rateLimits, ...values }: Values) => ({
  ...values,
  ...(rateLimits === undefined ? {} : { rateLimits: storedRateLimits(rateLimits) }),
});
