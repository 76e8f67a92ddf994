import { Injectable } from '@nestjs/common';
import { nowDate } from '../../core/clock.js';
import { publicId } from '../../core/ids.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import type { Prisma } from '../../platform/prisma/generated/client.js';
import { PrismaService } from '../../platform/prisma/prisma.service.js';
import { lockOrganization } from '../organizations/organizations.repository.js';
import {
  paymentMethodView,
  type AttachedMethod,
  type PaymentMethod,
  type PaymentMethodStatus,
  type PaymentProviderName,
} from './payment-method.js';

export interface NewPaymentMethod extends AttachedMethod {
  id: string;
  organizationId: string;
  provider: PaymentProviderName;
}

type PaymentMethodRow = Prisma.Result<PrismaService['paymentMethod'], object, 'findFirstOrThrow'>;

/** Payment methods, and which of them is their organization's default. */
@Injectable()
export class PaymentMethodsRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogRepository,
  ) {}

  /** Stores a method; a usable one becomes the default of an organization that has none. Throws not_found. */
  async create(actor: AdminActor, method: NewPaymentMethod): Promise<PaymentMethod> {
    return this.prisma.$transaction(async (tx) => {
      await lockOrganization(tx, method.organizationId);
      const row = await tx.paymentMethod.create({ data: { ...method, setupOkAt: nowDate() } });
      if (method.status === 'active') {
        await tx.organization.updateMany({
          where: { id: method.organizationId, defaultPaymentMethodId: null },
          data: { defaultPaymentMethodId: method.id, updatedAt: nowDate() },
        });
      }
      await this.record(tx, actor, { action: 'payment_method.attach', before: null, after: toDomain(row) });
      return toDomain(row);
    });
  }

  /**
   * Detaches a method; if it was the default, the newest usable one takes its place, or none. Detaching again
   * changes nothing. Throws not_found.
   */
  async detach(actor: AdminActor, organizationId: string, id: string): Promise<PaymentMethod> {
    return this.prisma.$transaction(async (tx) => {
      await lockOrganization(tx, organizationId);
      const key = { organizationId_id: { organizationId, id } };
      const before = await tx.paymentMethod.findUnique({ where: key });
      if (before === null) throw notFound('paymentMethod', publicId('paymentMethod', id));
      if (before.status === 'detached') return toDomain(before);
      const after = await tx.paymentMethod.update({
        where: key,
        data: { status: 'detached', updatedAt: nowDate() },
      });
      await this.record(tx, actor, {
        action: 'payment_method.detach',
        before: toDomain(before),
        after: toDomain(after),
      });
      return toDomain(after);
    });
  }

  async find(organizationId: string, id: string): Promise<PaymentMethod | null> {
    const row = await this.prisma.paymentMethod.findUnique({
      where: { organizationId_id: { organizationId, id } },
    });
    return row && toDomain(row);
  }

  /** Newest first, starting after `beforeId`; detached ones too. */
  async list(
    organizationId: string,
    { beforeId, limit }: { beforeId: string | undefined; limit: number },
  ): Promise<PaymentMethod[]> {
    const rows = await this.prisma.paymentMethod.findMany({
      where: { organizationId, ...(beforeId === undefined ? {} : { id: { lt: beforeId } }) },
      orderBy: { id: 'desc' },
      take: limit,
    });
    return rows.map(toDomain);
  }

  /** Notes who lets a payer enter a card; what comes of it is noted when it is attached. */
  recordSetup(actor: AdminActor, organizationId: string): Promise<void> {
    const target = { targetKind: 'organization', targetId: publicId('organization', organizationId) };
    return this.audit.record({ actor, action: 'payment_method.setup', ...target, organizationId });
  }

  private async record(
    tx: Prisma.TransactionClient,
    actor: AdminActor,
    change: { action: string; before: PaymentMethod | null; after: PaymentMethod },
  ): Promise<void> {
    await this.audit.append(tx, {
      actor,
      action: change.action,
      targetKind: 'payment_method',
      targetId: publicId('paymentMethod', change.after.id),
      organizationId: change.after.organizationId,
      before: change.before && paymentMethodView(change.before),
      after: paymentMethodView(change.after),
    });
  }
}

const toDomain = (row: PaymentMethodRow): PaymentMethod => ({
  id: row.id,
  organizationId: row.organizationId,
  provider: row.provider as PaymentProviderName,
  providerReference: row.providerReference,
  providerCustomer: row.providerCustomer,
  brand: row.brand,
  last4: row.last4,
  expMonth: row.expMonth,
  expYear: row.expYear,
  fingerprint: row.fingerprint,
  status: row.status as PaymentMethodStatus,
  createdAt: row.createdAt,
});
