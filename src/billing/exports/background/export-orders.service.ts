import { Injectable } from '@nestjs/common';
import { nowMs } from '../../../core/clock.js';
import { FaregateError } from '../../../core/errors.js';
import { publicId, uuidv7 } from '../../../core/ids.js';
import { AuditLogRepository } from '../../../platform/audit/audit-log.repository.js';
import { AppConfig } from '../../../platform/config/app-config.js';
import { derivePurposeKey } from '../../../platform/crypto/sealed-box.js';
import { Database } from '../../../platform/database/database.service.js';
import type { AdminActor } from '../../../platform/http/access.decorator.js';
import { notFound } from '../../../platform/http/public-id.pipe.js';
import { readOrder, type ReportOrder } from '../report-order.js';
import { ReportScope } from '../report-scope.repository.js';
import { BackgroundExportsRepository } from './background-exports.repository.js';
import { linkToken, readLinkToken } from './download-link.js';
import { parametersOf, type DownloadLink, type StoredExport } from './export.js';

/** How long a link to a file works. */
const LINK_SECONDS = 15 * 60;

/** Takes orders for exports and hands their files out. */
@Injectable()
export class ExportOrders {
  private readonly linkKey: Buffer;

  constructor(
    config: AppConfig,
    private readonly database: Database,
    private readonly exports: BackgroundExportsRepository,
    private readonly scope: ReportScope,
    private readonly auditLog: AuditLogRepository,
  ) {
    this.linkKey = derivePurposeKey(config.credentialKey, 'export-link');
  }

  /**
   * Orders an export; the same key answers the export it made the first time. Throws invalid_request and not_found that name the
   * field, and conflict when the key was used for another order.
   */
  async order(actor: AdminActor, order: ReportOrder, idempotencyKey: string | null): Promise<StoredExport> {
    const report = readOrder(order);
    await this.scope.check(order.fields);
    const key = idempotencyKey ?? `export:${uuidv7()}`;
    return this.database.transaction(async (client) => {
      const made = await this.exports.insert(client, {
        id: uuidv7(),
        organizationId: report.organizationId ?? null,
        report: order.report,
        format: order.format,
        parameters: parametersOf(order),
        createdBy: publicId('adminKey', actor.keyId),
        idempotencyKey: key,
      });
      if (!made) return sameOrder(await this.exports.findByKey(client, key), order);
      await this.auditLog.append(client, {
        actor,
        action: 'export.create',
        targetKind: 'export',
        targetId: publicId('export', made.id),
        organizationId: made.organizationId ?? undefined,
        detail: { report: order.report, format: order.format, ...parametersOf(order) },
      });
      return made;
    });
  }

  /** Throws not_found. */
  async get(id: string): Promise<StoredExport> {
    const found = await this.exports.find(id);
    if (!found) throw notFound('export', publicId('export', id));
    return found;
  }

  list(filter: Parameters<BackgroundExportsRepository['list']>[0]): Promise<StoredExport[]> {
    return this.exports.list(filter);
  }

  /** A link to the file of an export for this admin; null while there is no file. */
  linkTo(actor: AdminActor, { id, status }: StoredExport): DownloadLink | null {
    if (status !== 'ready') return null;
    const expiresAt = Math.floor(nowMs() / 1_000) + LINK_SECONDS;
    const token = linkToken({ exportId: id, adminKeyId: actor.keyId, expiresAt }, this.linkKey);
    return { path: `/finance/v1/downloads/${token}`, expiresAt: new Date(expiresAt * 1_000) };
  }

  /** Notes in the audit log that an admin fetches a file. Throws not_found, and conflict while or since there is no file. */
  async handOut(actor: AdminActor, id: string, via: 'key' | 'link'): Promise<ReadyExport> {
    const found = await this.get(id);
    if (!isReady(found)) throw notThere(found);
    await this.database.transaction((client) =>
      this.auditLog.append(client, {
        actor,
        action: 'export.download',
        targetKind: 'export',
        targetId: publicId('export', id),
        organizationId: found.organizationId ?? undefined,
        detail: { via, report: found.order.report, format: found.order.format },
      }),
    );
    return found;
  }

  /** The same for whoever has a link. Throws permission for one that was changed, has ended, or whose admin key is revoked. */
  async handOutByLink(token: string): Promise<ReadyExport> {
    const claims = readLinkToken(token, this.linkKey, nowMs());
    if (!claims || !(await this.exports.isKeyUsable(claims.adminKeyId))) {
      throw new FaregateError('permission', 'This link is not valid, or not any more. Ask for a new one.', {
        code: 'download_link_invalid',
      });
    }
    const actor: AdminActor = { keyId: claims.adminKeyId, role: 'finance', name: 'download link' };
    return this.handOut(actor, claims.exportId, 'link');
  }
}

/** An export whose file is there. */
export type ReadyExport = StoredExport & {
  storageKey: string;
  manifest: NonNullable<StoredExport['manifest']>;
};

const isReady = (stored: StoredExport): stored is ReadyExport =>
  stored.status === 'ready' && stored.storageKey !== null && stored.manifest !== null;

function notThere({ status, error }: StoredExport): FaregateError {
  switch (status) {
    case 'expired':
      return new FaregateError('conflict', 'The file of this export has expired; order it again.', {
        code: 'export_expired',
      });
    case 'failed':
      return new FaregateError('conflict', `This export failed: ${error?.message ?? 'no reason known'}`, {
        code: 'export_failed',
      });
    default:
      return new FaregateError('conflict', 'This export is not ready yet.', {
        code: 'export_not_ready',
        retryAfterSeconds: 5,
      });
  }
}

function sameOrder(found: StoredExport | null, order: ReportOrder): StoredExport {
  if (!found) throw new Error('an export vanished');
  const text = (some: ReportOrder) => JSON.stringify([some.report, some.format, sorted(parametersOf(some))]);
  if (text(found.order) === text(order)) return found;
  throw new FaregateError('conflict', 'This Idempotency-Key was used for another export.', {
    code: 'idempotency_key_reused',
  });
}

const sorted = (fields: object): [string, unknown][] =>
  Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
