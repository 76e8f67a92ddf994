import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { invalidRequest } from '../../../core/errors.js';
import { publicId, uuidv7 } from '../../../core/ids.js';
import { AuditLogRepository } from '../../../platform/audit/audit-log.repository.js';
import { assertExists } from '../../../platform/http/assert-exists.js';
import { Database } from '../../../platform/database/database.service.js';
import type { AdminActor } from '../../../platform/http/access.decorator.js';
import { notFound } from '../../../platform/http/public-id.pipe.js';
import { showCommitment, takenOver, type Commitment } from './commitment.js';
import { CommitmentsRepository, type CommitmentTerms } from './commitments.repository.js';

/** A commitment to be made. */
export type CommitmentOrder = Pick<
  Commitment,
  'organizationId' | 'amountNano' | 'currency' | 'validFrom' | 'validUntil'
>;

/** Makes and ends commitments; what is billed already is never changed by either. */
@Injectable()
export class CommitmentsService {
  constructor(
    private readonly database: Database,
    private readonly commitments: CommitmentsRepository,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /**
   * Makes a commitment; one without an end that began earlier ends where it begins. Throws not_found, invalid_request
   * naming the field (wrong currency, an organization that pays in advance, days of a month that is billed already), and
   * conflict when it overlaps another one.
   */
  async create(order: CommitmentOrder, actor: AdminActor): Promise<Commitment> {
    return this.database.transaction(async (client) => {
      const terms = await this.lock(client, order.organizationId);
      assertFits(order, terms);
      const before = takenOver(await this.commitments.listAll(client, order.organizationId), order);
      if (before) await this.endIn(client, before, order.validFrom, actor);
      const { timeZone } = terms;
      const made = { ...order, id: uuidv7(), timeZone, createdBy: nameOf(actor) };
      const after = await this.commitments.insert(client, made);
      await this.record(client, { action: 'commitment.create', actor, before: null, after });
      return after;
    });
  }

  /**
   * Ends a commitment, or ends it earlier. Throws not_found, and invalid_request naming `valid_until` when that day lies
   * before its first or in a month that is billed already, or would make it last longer.
   */
  async end(
    { organizationId, id, validUntil }: { organizationId: string; id: string; validUntil: string },
    actor: AdminActor,
  ): Promise<Commitment> {
    return this.database.transaction(async (client) => {
      const terms = await this.lock(client, organizationId);
      const all = await this.commitments.listAll(client, organizationId);
      const commitment = all.find((each) => each.id === id);
      if (!commitment) throw notFound('commitment', publicId('commitment', id));
      if (validUntil === commitment.validUntil) return commitment;
      assertEnd(commitment, validUntil, terms);
      return this.endIn(client, commitment, validUntil, actor);
    });
  }

  /** Newest first. Throws not_found. */
  async list(organizationId: string, limit: number, beforeId?: string): Promise<Commitment[]> {
    const commitments = await this.commitments.list(organizationId, limit, beforeId);
    if (commitments.length === 0) await assertExists(this.database, 'organization', organizationId);
    return commitments;
  }

  private async lock(client: PoolClient, organizationId: string): Promise<CommitmentTerms> {
    const terms = await this.commitments.lockTerms(client, organizationId);
    if (!terms) throw notFound('organization', publicId('organization', organizationId));
    return terms;
  }

  private async endIn(
    client: PoolClient,
    before: Commitment,
    validUntil: string,
    actor: AdminActor,
  ): Promise<Commitment> {
    await this.commitments.end(client, before.id, validUntil);
    const after = { ...before, validUntil };
    await this.record(client, { action: 'commitment.end', actor, before, after });
    return after;
  }

  private async record(
    client: PoolClient,
    change: { action: string; actor: AdminActor; before: Commitment | null; after: Commitment },
  ): Promise<void> {
    const { action, actor, before, after } = change;
    await this.auditLog.append(client, {
      actor,
      action,
      targetKind: 'commitment',
      targetId: publicId('commitment', after.id),
      organizationId: after.organizationId,
      before: before && showCommitment(before),
      after: showCommitment(after),
    });
  }
}

const nameOf = (actor: AdminActor): string =>
  actor.keyId === '' ? `system:${actor.name}` : publicId('adminKey', actor.keyId);

function assertFits(order: CommitmentOrder, terms: CommitmentTerms): void {
  if (terms.billingMode !== 'postpaid') {
    throw invalidRequest(
      'organization pays in advance; a commitment is billed by invoice and needs billing_mode postpaid',
      'organization',
      'not_postpaid',
    );
  }
  if (order.currency !== terms.currency) {
    throw invalidRequest(`currency must be that of the organization, ${terms.currency}`, 'currency');
  }
  if (order.validFrom < terms.firstOpenDay) {
    throw invalidRequest(
      `valid_from must not lie before ${terms.firstOpenDay}: earlier months are billed`,
      'valid_from',
    );
  }
  if (order.validUntil !== null && order.validUntil <= order.validFrom) {
    throw invalidRequest('valid_until must lie after valid_from', 'valid_until');
  }
}

function assertEnd(commitment: Commitment, validUntil: string, terms: CommitmentTerms): void {
  const reason =
    validUntil < commitment.validFrom
      ? `must not lie before ${commitment.validFrom}, the first day of the commitment`
      : validUntil < terms.firstOpenDay
        ? `must not lie before ${terms.firstOpenDay}: earlier months are billed`
        : commitment.validUntil !== null && validUntil > commitment.validUntil
          ? `must not lie after ${commitment.validUntil}, where the commitment ends; make another one`
          : null;
  if (reason !== null) throw invalidRequest(`valid_until ${reason}`, 'valid_until');
}
