import { Injectable } from '@nestjs/common';
import { publicId } from '../../core/ids.js';
import type { AuditEntry } from '../../platform/audit/audit-log.repository.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import type { Provider } from '../../platform/prisma/generated/client.js';
import { PrismaService } from '../../platform/prisma/prisma.service.js';
import type { CatalogStatus, ProviderProtocol } from '../model.js';

/** A provider as the admin API keeps it. */
export interface ProviderRecord {
  /** UUID. */
  id: string;
  slug: string;
  name: string;
  adapter: string;
  protocol: ProviderProtocol;
  baseUrl: string;
  /** Sealed; null when the upstream needs none. */
  credentialCiphertext: Uint8Array<ArrayBuffer> | null;
  region: string | null;
  euNative: boolean;
  zeroDataRetention: boolean;
  allowPrivateNetwork: boolean;
  simulated: boolean;
  headers: Record<string, string>;
  status: CatalogStatus;
  createdAt: Date;
  updatedAt: Date;
}

/** What a create or an update writes. */
export type ProviderValues = Omit<ProviderRecord, 'id' | 'simulated' | 'createdAt' | 'updatedAt'>;

/** Who changes something, and how it is called in the audit log. */
export type ProviderChange = Pick<AuditEntry, 'actor' | 'detail'> & {
  /** The provider as the API shows it. */
  view: (record: ProviderRecord) => unknown;
};

/** Providers in PostgreSQL. */
@Injectable()
export class ProvidersRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogRepository,
  ) {}

  /** Stores a provider and its audit entry. Fails on a slug that is taken. */
  create(id: string, values: ProviderValues, change: ProviderChange): Promise<ProviderRecord> {
    return this.prisma.$transaction(async (transaction) => {
      const created = toDomain(await transaction.provider.create({ data: { id, ...values } }));
      await this.audit.append(transaction, {
        ...change,
        action: 'provider.create',
        targetKind: 'provider',
        targetId: publicId('provider', id),
        after: change.view(created),
      });
      return created;
    });
  }

  /** Changes a provider under a lock of its row; null when there is none. `decide` may throw to refuse. */
  update(
    id: string,
    decide: (current: ProviderRecord) => Partial<ProviderValues>,
    change: ProviderChange,
  ): Promise<ProviderRecord | null> {
    return this.prisma.$transaction(async (transaction) => {
      await transaction.$queryRaw`select 1 as locked from provider where id = ${id}::uuid for update`;
      const found = await transaction.provider.findUnique({ where: { id } });
      if (!found) return null;
      const before = toDomain(found);
      const data = decide(before);
      if (Object.keys(data).length === 0) return before;
      // The database's clock, so that two writers never disagree about which came later.
      await transaction.$executeRaw`update provider set updated_at = billing_now() where id = ${id}::uuid`;
      const after = toDomain(await transaction.provider.update({ where: { id }, data }));
      await this.audit.append(transaction, {
        ...change,
        action: 'provider.update',
        targetKind: 'provider',
        targetId: publicId('provider', id),
        before: change.view(before),
        after: change.view(after),
      });
      return after;
    });
  }

  /** The provider of a UUID or of a slug; null when there is none. */
  async find(by: { id: string } | { slug: string }): Promise<ProviderRecord | null> {
    const found = await this.prisma.provider.findUnique({ where: by });
    return found && toDomain(found);
  }

  /** Newest first, one row more than `limit` when there are as many. */
  async list(filter: {
    afterId: string | undefined;
    limit: number;
    status: CatalogStatus | undefined;
  }): Promise<ProviderRecord[]> {
    const rows = await this.prisma.provider.findMany({
      where: {
        ...(filter.afterId === undefined ? {} : { id: { lt: filter.afterId } }),
        ...(filter.status === undefined ? {} : { status: filter.status }),
      },
      orderBy: { id: 'desc' },
      take: filter.limit + 1,
    });
    return rows.map(toDomain);
  }
}

const toDomain = (row: Provider): ProviderRecord => ({
  ...row,
  protocol: row.protocol as ProviderProtocol,
  headers: row.headers as Record<string, string>,
  status: row.status as CatalogStatus,
});
