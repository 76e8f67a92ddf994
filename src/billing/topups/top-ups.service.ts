import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { nanoToMinor, roundToMinor } from '../../core/currency.js';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { publicId, uuidv7 } from '../../core/ids.js';
import { formatNano } from '../../core/money.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { assertExists } from '../../platform/http/assert-exists.js';
import { Database } from '../../platform/database/database.service.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import type { LockedWallet } from '../credits/credits.repository.js';
import { PaymentsService } from '../payments/payments.service.js';
import type { TopUp } from './top-up.js';
import { TopUpWallets } from './top-up-wallets.service.js';
import { TopUpsRepository } from './top-ups.repository.js';

/** A top-up to be made. */
export interface TopUpOrder {
  organizationId: string;
  /** Whole minor units. */
  amountNano: bigint;
  trigger: TopUp['trigger'];
  /** When the credit runs out; absent: never. */
  creditExpiresAt?: Date | undefined;
  /** Names this order once for ever. */
  idempotencyKey: string;
  /** Who asks, as the audit log names them. */
  createdBy: string;
}

/** A top-up and the attempt that collects it. */
export interface OrderedTopUp {
  topUp: TopUp;
  /** UUID; null: the same order again, of which only the top-up is known. */
  attemptId: string | null;
}

/** Orders top-ups and finds them. */
@Injectable()
export class TopUpsService {
  constructor(
    private readonly database: Database,
    private readonly topUps: TopUpsRepository,
    private readonly wallets: TopUpWallets,
    private readonly payments: PaymentsService,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /**
   * Writes top-up and payment attempt in one transaction; the money is asked for after it. Throws not_found,
   * invalid_request (amount), billing without a usable payment method, conflict while another one is under way.
   */
  async order(order: TopUpOrder, actor: AdminActor): Promise<OrderedTopUp> {
    return this.database.transaction(async (client) => {
      const wallet = await this.lockWallet(client, order.organizationId);
      const ordered = await this.orderIn(client, wallet, order);
      await this.auditLog.append(client, {
        actor,
        action: 'top_up.create',
        targetKind: 'top_up',
        targetId: publicId('topUp', ordered.topUp.id),
        organizationId: order.organizationId,
        detail: { amount: formatNano(order.amountNano), currency: wallet.currency, trigger: order.trigger },
      });
      return ordered;
    });
  }

  /** The same inside a transaction that has locked the wallet. */
  async orderIn(client: PoolClient, wallet: LockedWallet, order: TopUpOrder): Promise<OrderedTopUp> {
    const amountMinor = nanoToMinor(order.amountNano, wallet.currency);
    if (amountMinor === null) {
      throw invalidRequest(`amount must be a whole number of ${wallet.currency} minor units`, 'amount');
    }
    const repeated = await this.topUps.findByKey(client, order.idempotencyKey);
    if (repeated) return { topUp: this.sameOrder(repeated, order), attemptId: null };
    const method = await this.payments.usableMethod(client, order.organizationId);
    if (await this.topUps.hasInFlight(client, wallet.id)) throw inProgress();
    const { organizationId } = order;
    const { currency } = wallet;
    // Decided now, because it is charged with the credit.
    const { tax, taxNano } = await this.wallets.taxOf(client, wallet, order.amountNano);
    const topUp = await this.topUps.insert(client, {
      ...order,
      id: uuidv7(),
      walletId: wallet.id,
      paymentMethodId: method.id,
      currency,
      tax,
      taxNano,
      creditExpiresAt: order.creditExpiresAt ?? null,
    });
    if (!topUp) throw inProgress();
    const attempt = await this.payments.order(client, {
      organizationId,
      purpose: 'top_up',
      purposeId: topUp.id,
      paymentMethodId: method.id,
      currency,
      amountMinor: amountMinor + roundToMinor(taxNano, currency),
    });
    return { topUp, attemptId: attempt.id };
  }

  /** Throws not_found. */
  async lockWallet(client: PoolClient, organizationId: string): Promise<LockedWallet> {
    const wallet = await this.wallets.lockOf(client, organizationId);
    if (!wallet) throw notFound('organization', publicId('organization', organizationId));
    return wallet;
  }

  /** Throws not_found. */
  async get(organizationId: string, id: string): Promise<TopUp> {
    const topUp = await this.topUps.find(organizationId, id);
    if (!topUp) throw notFound('topUp', publicId('topUp', id));
    return topUp;
  }

  /** Newest first. Throws not_found. */
  async list(organizationId: string, limit: number, beforeId?: string): Promise<TopUp[]> {
    const rows = await this.topUps.list(organizationId, limit, beforeId);
    if (rows.length === 0) await assertExists(this.database, 'organization', organizationId);
    return rows;
  }

  private sameOrder(topUp: TopUp, order: TopUpOrder): TopUp {
    const isSame =
      topUp.organizationId === order.organizationId &&
      topUp.amountNano === order.amountNano &&
      topUp.creditExpiresAt?.getTime() === order.creditExpiresAt?.getTime();
    if (isSame) return topUp;
    throw new FaregateError('conflict', 'This Idempotency-Key was used for another top-up.', {
      code: 'idempotency_key_reused',
    });
  }
}

const inProgress = (): FaregateError =>
  new FaregateError('conflict', 'Another top-up is under way; its outcome must be known first.', {
    code: 'top_up_in_progress',
  });
