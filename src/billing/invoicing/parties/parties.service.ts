import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { FaregateError } from '../../../core/errors.js';
import { publicId } from '../../../core/ids.js';
import { AuditLogRepository } from '../../../platform/audit/audit-log.repository.js';
import { Database } from '../../../platform/database/database.service.js';
import type { AdminActor } from '../../../platform/http/access.decorator.js';
import { notFound } from '../../../platform/http/public-id.pipe.js';
import { PartiesRepository } from './parties.repository.js';
import { showBillingAccount, showLegalEntity, type BillingAccount, type LegalEntity } from './party.js';

/** Fields that may change of one of these. */
type Changes<Whole> = { [Key in keyof Whole]?: Whole[Key] | undefined };

/** The parties of invoices: who sells, and how each customer is billed. */
@Injectable()
export class PartiesService {
  constructor(
    private readonly database: Database,
    private readonly parties: PartiesRepository,
    private readonly auditLog: AuditLogRepository,
  ) {}

  listEntities(): Promise<LegalEntity[]> {
    return this.parties.listEntities();
  }

  /** Makes a legal entity. Throws conflict when its prefix is another's. */
  async createEntity(entity: LegalEntity, actor: AdminActor): Promise<LegalEntity> {
    return this.database.transaction((client) => this.put(client, null, entity, actor));
  }

  /** Throws not_found, and conflict when a prefix that stands on numbers would change. */
  async updateEntity(id: string, changes: Changes<LegalEntity>, actor: AdminActor): Promise<LegalEntity> {
    return this.database.transaction(async (client) => {
      const before = await this.parties.findEntity(client, id);
      if (!before) throw notFound('legalEntity', publicId('legalEntity', id));
      return this.put(client, before, merge(before, changes), actor);
    });
  }

  /** Throws not_found. */
  async getAccount(organizationId: string): Promise<BillingAccount> {
    return this.database.transaction((client) => this.lockAccount(client, organizationId));
  }

  /** Throws not_found, and conflict when the seller would change after something was posted. */
  async updateAccount(
    organizationId: string,
    changes: Changes<BillingAccount>,
    actor: AdminActor,
  ): Promise<BillingAccount> {
    return this.database.transaction(async (client) => {
      const before = await this.lockAccount(client, organizationId);
      const after = merge(before, changes);
      if (after.legalEntityId !== before.legalEntityId) await this.assertSellerMayChange(client, after);
      await this.parties.updateAccount(client, after);
      await this.auditLog.append(client, {
        actor,
        action: 'billing_account.update',
        targetKind: 'billing_account',
        targetId: publicId('organization', organizationId),
        organizationId,
        before: showBillingAccount(before),
        after: showBillingAccount(after),
      });
      return after;
    });
  }

  private async lockAccount(client: PoolClient, organizationId: string): Promise<BillingAccount> {
    const account = await this.parties.findAccount(client, organizationId);
    if (!account) throw notFound('organization', publicId('organization', organizationId));
    return account;
  }

  private async assertSellerMayChange(client: PoolClient, account: BillingAccount): Promise<void> {
    if (!(await this.parties.findEntity(client, account.legalEntityId))) {
      throw notFound('legalEntity', publicId('legalEntity', account.legalEntityId), 'legal_entity');
    }
    if (!(await this.parties.hasPostings(client, account.organizationId))) return;
    throw new FaregateError(
      'conflict',
      'The ledger holds postings of this customer under its present seller.',
      {
        param: 'legal_entity',
        code: 'seller_in_use',
      },
    );
  }

  private async put(
    client: PoolClient,
    before: LegalEntity | null,
    entity: LegalEntity,
    actor: AdminActor,
  ): Promise<LegalEntity> {
    if (await this.parties.isPrefixTaken(client, entity.id, entity.numberPrefix)) {
      throw new FaregateError(
        'conflict',
        'This prefix is in use, or numbers were issued under the one before.',
        {
          param: 'number_prefix',
          code: 'number_prefix_in_use',
        },
      );
    }
    await this.parties.putEntity(client, entity);
    await this.auditLog.append(client, {
      actor,
      action: before === null ? 'legal_entity.create' : 'legal_entity.update',
      targetKind: 'legal_entity',
      targetId: publicId('legalEntity', entity.id),
      before: before && showLegalEntity(before),
      after: showLegalEntity(entity),
    });
    return entity;
  }
}

/** The whole with every change that was given; a change of null clears. */
function merge<Whole extends object>(before: Whole, changes: Changes<Whole>): Whole {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...before, ...(Object.fromEntries(given) as Partial<Whole>) };
}
