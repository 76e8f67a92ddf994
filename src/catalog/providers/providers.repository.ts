import { Injectable } from '@nestjs/common';
import { publicId } from '../../core/ids.js';
import type { AuditEntry } from '../../platform/audit/audit-log.repository.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import type { Provider } from '../../platform/prisma/generated/client.js';
import { PrismaService } from '../../platform/prisma/prisma.service.js';
import type { CatalogStatus, ProviderProtocol } from '../model.js';

/** Name of the credential that the provider's own door sets. */
const DEFAULT_CREDENTIAL = 'default';

/** A provider as the admin API keeps it. */
export interface ProviderRecord {
  /** UUID. */
  id: string;
  slug: string;
  name: string;
  adapter: string;
  protocol: ProviderProtocol;
  baseUrl: string;
  /** Whether it has any credential, in use or not. */
  credentialSet: boolean;
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
export type ProviderValues = Omit<
  ProviderRecord,
  'id' | 'simulated' | 'credentialSet' | 'createdAt' | 'updatedAt'
>;

/** The credential that the provider's own door sets, sealed to its row; null takes it away. */
export type DefaultCredential = { id: string; ciphertext: Buffer } | null;

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

  /** Stores a provider, its first credential and its audit entry. Fails on a slug that is taken. */
  create(
    id: string,
    { credential, ...values }: ProviderValues & { credential: DefaultCredential },
    change: ProviderChange,
  ): Promise<ProviderRecord> {
    return this.prisma.$transaction(async (transaction) => {
      const row = await transaction.provider.create({ data: { id, ...values } });
      if (credential) await replaceDefault(transaction, id, credential);
      const created = toDomain(row, credential !== null);
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
    decide: (current: ProviderRecord) => Partial<ProviderValues> & { credential?: DefaultCredential },
    change: ProviderChange,
  ): Promise<ProviderRecord | null> {
    return this.prisma.$transaction(async (transaction) => {
      await transaction.$queryRaw`select 1 as locked from provider where id = ${id}::uuid for update`;
      const found = await transaction.provider.findUnique({ where: { id } });
      if (!found) return null;
      const before = toDomain(found, await hasCredential(transaction, id));
      const { credential, ...data } = decide(before);
      if (Object.keys(data).length === 0 && credential === undefined) return before;
      if (credential !== undefined) await replaceDefault(transaction, id, credential);
      // The database's clock, so that two writers never disagree about which came later.
      await transaction.$executeRaw`update provider set updated_at = billing_now() where id = ${id}::uuid`;
      const row = await transaction.provider.update({ where: { id }, data });
      const after = toDomain(row, await hasCredential(transaction, id));
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
    return found && toDomain(found, await hasCredential(this.prisma, found.id));
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
    const holders = await this.prisma.providerCredential.findMany({
      where: { providerId: { in: rows.map(({ id }) => id) }, status: { not: 'deleted' } },
      select: { providerId: true },
    });
    const withCredential = new Set(holders.map(({ providerId }) => providerId));
    return rows.map((row) => toDomain(row, withCredential.has(row.id)));
  }
}

const hasCredential = async (
  client: Pick<PrismaService, 'providerCredential'>,
  providerId: string,
): Promise<boolean> =>
  (await client.providerCredential.count({ where: { providerId, status: { not: 'deleted' } } })) > 0;

/** Another secret is another credential, whose health is not that of the old one. */
async function replaceDefault(
  client: Pick<PrismaService, 'providerCredential'>,
  providerId: string,
  credential: DefaultCredential,
): Promise<void> {
  await client.providerCredential.updateMany({
    where: { providerId, name: DEFAULT_CREDENTIAL, status: { not: 'deleted' } },
    data: { status: 'deleted', ciphertext: null },
  });
  if (!credential) return;
  const { id, ciphertext } = credential;
  await client.providerCredential.create({
    data: { id, providerId, name: DEFAULT_CREDENTIAL, ciphertext: Uint8Array.from(ciphertext) },
  });
}

const toDomain = (row: Provider, credentialSet: boolean): ProviderRecord => ({
  ...row,
  credentialSet,
  protocol: row.protocol as ProviderProtocol,
  headers: row.headers as Record<string, string>,
  status: row.status as CatalogStatus,
});
