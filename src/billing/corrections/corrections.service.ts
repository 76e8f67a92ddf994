import { Injectable, Logger } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { FaregateError, invalidRequest } from '../../core/errors.js';
import { publicId, uuidv7 } from '../../core/ids.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { Database } from '../../platform/database/database.service.js';
import type { AdminActor } from '../../platform/http/access.decorator.js';
import { notFound } from '../../platform/http/public-id.pipe.js';
import type { CreditReason } from '../invoicing/credit-notes/credit-note.js';
import { CorrectionSettlementService } from './correction-settlement.service.js';
import { assertCorrectable, chargeAnew, type ChargedEvent, type Correction } from './correction.js';
import { CorrectionsRepository } from './corrections.repository.js';

/** Charges that were wrong, and what is right. */
export interface CorrectionOrder {
  organizationId: string;
  /** UUIDs of events or requests, in the order given. */
  targets: string[];
  /** UUIDs of prices to charge instead; empty: none. */
  prices: string[];
  /** False: the charges are only taken back. */
  chargeAgain: boolean;
  reason: CreditReason;
  memo: string;
  /** Names this order once for ever. */
  idempotencyKey: string;
}

/** Corrects charges by reversal and new charge; originals never change. */
@Injectable()
export class CorrectionsService {
  private readonly logger = new Logger(CorrectionsService.name);

  constructor(
    private readonly database: Database,
    private readonly corrections: CorrectionsRepository,
    private readonly settlement: CorrectionSettlementService,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /**
   * Records the correction, then settles it: posts it, and issues credit notes for what was invoiced. When settling has
   * to wait, the correction is answered as recorded and settled later. Throws not_found, conflict and invalid_request
   * naming the event; nothing is written then.
   */
  async correct(
    order: CorrectionOrder,
    actor: AdminActor,
  ): Promise<{ correction: Correction; notes: string[] }> {
    const { id } = await this.database.transaction((client) => this.record(client, order, actor));
    await this.settlement.settle(id, actor).catch((error: unknown) => {
      this.logger.warn(
        `correction ${publicId('correction', id)} not settled yet: ${(error as Error).message}`,
      );
    });
    return this.get(order.organizationId, id);
  }

  /** Throws not_found. */
  async get(organizationId: string, id: string): Promise<{ correction: Correction; notes: string[] }> {
    const correction = await this.corrections.find(organizationId, id);
    if (!correction) throw notFound('correction', publicId('correction', id));
    return { correction, notes: await this.corrections.listNotes(id) };
  }

  private async record(
    client: PoolClient,
    order: CorrectionOrder,
    actor: AdminActor,
  ): Promise<{ id: string }> {
    const { organizationId, reason, memo, idempotencyKey } = order;
    const now = await this.corrections.lockPeriods(client, organizationId);
    const id = uuidv7();
    const createdBy = actor.keyId === '' ? `system:${actor.name}` : publicId('adminKey', actor.keyId);
    const fresh = { id, organizationId, reason, memo, createdBy, idempotencyKey };
    if (!(await this.corrections.insert(client, fresh))) {
      const before = await this.corrections.findByKey(client, idempotencyKey);
      if (before?.organizationId === organizationId && before.memo === memo) return before;
      throw new FaregateError('conflict', 'This Idempotency-Key was used for another correction.', {
        code: 'idempotency_key_reused',
      });
    }
    const charges = await this.listCharges(client, order);
    charges.forEach(assertCorrectable);
    const prices = await this.corrections.listPrices(client, order.prices, organizationId);
    if (prices.length !== order.prices.length) {
      throw invalidRequest('prices must be list prices in the currency of the organization', 'prices');
    }
    const items = charges.map((charge) => ({
      event: charge.id,
      reversal: uuidv7(),
      charge: order.chargeAgain ? { ...chargeAnew(charge, prices, now), event: uuidv7() } : null,
    }));
    await this.corrections.correct(client, id, items);
    await this.auditLog.append(client, {
      actor,
      action: 'correction.create',
      targetKind: 'correction',
      targetId: publicId('correction', id),
      organizationId,
      detail: { reason, memo, events: charges.map((charge) => publicId('event', charge.id)) },
    });
    return { id };
  }

  /** The charges of an order in its order. Throws invalid_request for what is none of this organization. */
  private async listCharges(client: PoolClient, order: CorrectionOrder): Promise<ChargedEvent[]> {
    const found = await this.corrections.listCharges(client, order.organizationId, order.targets);
    const charges = order.targets.map((target, index) => {
      const charge = found.find(({ id, requestId }) => id === target || requestId === target);
      if (charge) return charge;
      throw new FaregateError('not_found', `events.${index} is no charge of this organization.`, {
        param: `events.${index}`,
      });
    });
    if (new Set(charges.map(({ id }) => id)).size !== charges.length) {
      throw invalidRequest('events must not name a charge twice', 'events');
    }
    return charges;
  }
}
