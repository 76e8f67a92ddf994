import { Injectable } from '@nestjs/common';
import { nowDate } from '../../core/clock.js';
import type { CompatibilityProfile } from '../../core/compatibility.js';
import { FaregateError } from '../../core/errors.js';
import { publicId, uuidv7 } from '../../core/ids.js';
import type { JsonObject } from '../../core/json.js';
import { storedRateLimits, type RateLimitSettings } from '../../core/rate-limits.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import type { Prisma } from '../../platform/prisma/generated/client.js';
import { PrismaService } from '../../platform/prisma/prisma.service.js';
import { findBudgets, putBudget } from '../budgets/budget.repository.js';
import {
  organizationView,
  overdraftOf,
  type BillingMode,
  type Organization,
  type OrganizationSettings,
  type OrganizationStatus,
  type WalletState,
} from './organization.js';

type NewOrganization = OrganizationSettings & { id: string; currency: string };

const FIND_WALLET = `
  select w.currency, w.balance_nano as "balanceNano", w.held_nano as "heldNano", w.overdraft_nano as "overdraftNano",
         exists (select 1 from payment_method pm where pm.id = o.default_payment_method_id and pm.status = 'active'
           and (pm.exp_year is null or make_date(pm.exp_year, pm.exp_month, 1) + interval '1 month' > billing_now())
         ) as "creditUsable"
  from organization o join wallet w on w.organization_id = o.id and w.currency = o.currency where o.id = $1::uuid`;

/** Organizations with their billing account, their wallet's overdraft and their budget: one change, one transaction. */
@Injectable()
export class OrganizationsRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogRepository,
  ) {}

  async create(actor: AdminActor, organization: NewOrganization): Promise<Organization> {
    const { id, currency } = organization;
    return this.prisma.$transaction(async (tx) => {
      await tx.organization.create({ data: { id, currency, ...rowOf(organization) } });
      await tx.billingAccount.create({
        data: { id: uuidv7(), organizationId: id, currency, ...accountRowOf(organization) },
      });
      await tx.wallet.create({
        data: { id: uuidv7(), organizationId: id, currency, overdraftNano: overdraftOf(organization) },
      });
      await putBudget(tx, { scope: 'organization', scopeId: id, organizationId: id }, organization.budget);
      const created = await getOne(tx, id);
      await this.record(tx, actor, { action: 'organization.create', before: null, after: created });
      return created;
    });
  }

  /**
   * Throws not_found, and conflict when the wallet is already further down than the new terms allow, or a minimum
   * commitment is billed under the present ones.
   */
  async update(actor: AdminActor, id: string, changes: Partial<OrganizationSettings>): Promise<Organization> {
    return this.prisma.$transaction(async (tx) => {
      await lockOrganization(tx, id);
      const before = await getOne(tx, id);
      const wanted = { ...before, ...changes };
      await assertTermsMayChange(tx, before, wanted);
      if (changes.defaultPaymentMethodId) await assertUsableMethod(tx, id, changes.defaultPaymentMethodId);
      await tx.organization.update({ where: { id }, data: { ...rowOf(wanted), updatedAt: nowDate() } });
      await tx.billingAccount.update({
        where: { organizationId: id },
        data: { ...accountRowOf(wanted), updatedAt: nowDate() },
      });
      if (overdraftOf(wanted) !== overdraftOf(before)) await setOverdraft(tx, id, overdraftOf(wanted));
      await putBudget(tx, { scope: 'organization', scopeId: id, organizationId: id }, changes.budget);
      const after = await getOne(tx, id);
      await this.record(tx, actor, { action: 'organization.update', before, after });
      return after;
    });
  }

  /** Whether the database knows a time zone by this name: its list is another than this runtime's. */
  async knowsTimeZone(name: string): Promise<boolean> {
    const rows = await this.prisma.$queryRaw<unknown[]>`
      select 1 as found from pg_timezone_names where lower(name) = lower(${name})`;
    return rows.length > 0;
  }

  async find(id: string): Promise<Organization | null> {
    const row = await this.prisma.organization.findUnique({ where: { id } });
    return row && ((await complete(this.prisma, [row]))[0] ?? null);
  }

  /** Newest first, starting after `beforeId`. */
  async list({ beforeId, limit }: { beforeId: string | undefined; limit: number }): Promise<Organization[]> {
    const rows = await this.prisma.organization.findMany({
      ...(beforeId === undefined ? {} : { where: { id: { lt: beforeId } } }),
      orderBy: { id: 'desc' },
      take: limit,
    });
    return complete(this.prisma, rows);
  }

  /** Null when there is no such organization. */
  async findWallet(id: string): Promise<WalletState | null> {
    const [wallet] = await this.prisma.$queryRawUnsafe<WalletState[]>(FIND_WALLET, id);
    return wallet ?? null;
  }

  private async record(
    tx: Prisma.TransactionClient,
    actor: AdminActor,
    change: { action: string; before: Organization | null; after: Organization },
  ): Promise<void> {
    await this.audit.append(tx, {
      actor,
      action: change.action,
      targetKind: 'organization',
      targetId: publicId('organization', change.after.id),
      organizationId: change.after.id,
      before: change.before && organizationView(change.before),
      after: organizationView(change.after),
    });
  }
}

/**
 * Makes other changes of this organization wait for this transaction's end. Throws not_found. Not FOR UPDATE,
 * so that rows which refer to the organization can be written meanwhile.
 */
export async function lockOrganization(tx: Prisma.TransactionClient, id: string): Promise<void> {
  const rows = await tx.$queryRaw<
    unknown[]
  >`select 1 as found from organization where id = ${id}::uuid for no key update`;
  if (rows.length === 0) throw notFound('organization', publicId('organization', id));
}

async function assertUsableMethod(
  tx: Prisma.TransactionClient,
  organizationId: string,
  id: string,
): Promise<void> {
  const method = await tx.paymentMethod.findUnique({ where: { organizationId_id: { organizationId, id } } });
  if (method === null)
    throw notFound('paymentMethod', publicId('paymentMethod', id), 'default_payment_method');
  if (method.status !== 'active') {
    throw new FaregateError('conflict', `This payment method is ${method.status}.`, {
      param: 'default_payment_method',
    });
  }
}

/** The days of a commitment are those of the time zone, and it is billed by invoice: both stay while one lasts. */
async function assertTermsMayChange(
  tx: Prisma.TransactionClient,
  before: Organization,
  wanted: OrganizationSettings,
): Promise<void> {
  const param =
    wanted.timezone !== before.timezone
      ? 'timezone'
      : wanted.billingMode !== before.billingMode
        ? 'billing_mode'
        : null;
  if (param === null) return;
  const lasting = await tx.$queryRaw<unknown[]>`
    select 1 as found from commitment where organization_id = ${before.id}::uuid and valid_until is distinct from valid_from
      and coalesce(valid_until > date_trunc('month', billing_now() at time zone time_zone)::date, true) limit 1`;
  if (lasting.length === 0) return;
  throw new FaregateError('conflict', `${param} cannot change in a month under a minimum commitment.`, {
    param,
    code: 'commitment_in_force',
  });
}

async function setOverdraft(
  tx: Prisma.TransactionClient,
  organizationId: string,
  overdraftNano: bigint,
): Promise<void> {
  const changed = await tx.$executeRaw`
    update wallet set overdraft_nano = ${overdraftNano}
    where organization_id = ${organizationId}::uuid and balance_nano - held_nano >= -(${overdraftNano}::bigint)`;
  if (changed === 0) {
    throw new FaregateError('conflict', 'The wallet is further below zero than these terms allow.', {
      param: 'credit_limit',
      code: 'wallet_overdrawn',
    });
  }
}

async function getOne(tx: Prisma.TransactionClient, id: string): Promise<Organization> {
  const row = await tx.organization.findUniqueOrThrow({ where: { id } });
  const [organization] = await complete(tx, [row]);
  if (organization === undefined) throw new Error(`organization ${id} has no billing account`);
  return organization;
}

type OrganizationRow = Prisma.Result<PrismaService['organization'], object, 'findFirstOrThrow'>;

/** Rows with what other tables say about them, in the same order. */
async function complete(client: Prisma.TransactionClient, rows: OrganizationRow[]): Promise<Organization[]> {
  const ids = rows.map(({ id }) => id);
  const accounts = await client.billingAccount.findMany({ where: { organizationId: { in: ids } } });
  const budgets = await findBudgets(client, ids);
  const accountOf = new Map(accounts.map((account) => [account.organizationId, account]));
  return rows.map((row) => {
    const account = accountOf.get(row.id);
    return {
      id: row.id,
      name: row.name,
      compatibility: row.compatibility as CompatibilityProfile,
      currency: row.currency,
      timezone: row.timezone,
      billingMode: row.billingMode as BillingMode,
      creditLimitNano: account?.creditLimitNano ?? 0n,
      status: row.status as OrganizationStatus,
      defaultPaymentMethodId: row.defaultPaymentMethodId,
      routingDefaults: row.routingDefaults as JsonObject,
      rateLimits: row.rateLimits as RateLimitSettings,
      country: account?.country ?? null,
      vatId: account?.vatId ?? null,
      budget: budgets.get(row.id) ?? null,
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
    };
  });
}

const rowOf = (settings: OrganizationSettings) => ({
  name: settings.name,
  compatibility: settings.compatibility,
  timezone: settings.timezone,
  billingMode: settings.billingMode,
  status: settings.status,
  defaultPaymentMethodId: settings.defaultPaymentMethodId,
  routingDefaults: settings.routingDefaults as Prisma.InputJsonObject,
  rateLimits: storedRateLimits(settings.rateLimits),
});

const accountRowOf = (settings: OrganizationSettings) => ({
  country: settings.country,
  vatId: settings.vatId,
  creditLimitNano: settings.creditLimitNano,
});
