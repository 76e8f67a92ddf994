import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { publicId } from '../../../core/ids.js';
import { AuditLogRepository } from '../../../platform/audit/audit-log.repository.js';
import { Database } from '../../../platform/database/database.service.js';
import type { AdminActor } from '../../../platform/http/access.decorator.js';
import { notFound } from '../../../platform/http/public-id.pipe.js';

/** What an accounting system calls an account of the ledger. */
export interface AccountCode {
  /** A kind of ledger account: "revenue". */
  account: string;
  code: string;
  /** Empty: none. */
  name: string;
}

/** The codes of each legal entity. */
@Injectable()
export class AccountCodesRepository {
  constructor(
    private readonly database: Database,
    private readonly auditLog: AuditLogRepository,
  ) {}

  /** By account. Throws not_found for a legal entity that is not there. */
  async list(legalEntityId: string): Promise<AccountCode[]> {
    const entities = await this.database.query('select 1 as one from legal_entity where id = $1', [
      legalEntityId,
    ]);
    if (entities.length === 0) throw noSuchEntity(legalEntityId);
    return readCodes(this.database.pool, legalEntityId);
  }

  /** Puts these codes in place of all there were; of several at once the last one wins. Throws not_found. */
  async replace(actor: AdminActor, legalEntityId: string, codes: AccountCode[]): Promise<AccountCode[]> {
    return this.database.transaction(async (client) => {
      const lock = 'select 1 from legal_entity where id = $1 for no key update';
      if ((await client.query(lock, [legalEntityId])).rowCount === 0) throw noSuchEntity(legalEntityId);
      const before = await readCodes(client, legalEntityId);
      await client.query('delete from account_code where legal_entity_id = $1', [legalEntityId]);
      await client.query(
        `insert into account_code (legal_entity_id, account, code, name)
         select $1, * from unnest($2::text[], $3::text[], $4::text[])`,
        [
          legalEntityId,
          codes.map(({ account }) => account),
          codes.map(({ code }) => code),
          codes.map(({ name }) => name),
        ],
      );
      await this.auditLog.append(client, {
        actor,
        action: 'account_codes.replace',
        targetKind: 'legal_entity',
        targetId: publicId('legalEntity', legalEntityId),
        before,
        after: codes,
        detail: { accounts: codes.map(({ account }) => account).join(', ') },
      });
      return readCodes(client, legalEntityId);
    });
  }
}

const noSuchEntity = (id: string) => notFound('legalEntity', publicId('legalEntity', id));

async function readCodes(client: Pick<PoolClient, 'query'>, legalEntityId: string): Promise<AccountCode[]> {
  const { rows } = await client.query<AccountCode>(
    'select account, code, name from account_code where legal_entity_id = $1 order by account',
    [legalEntityId],
  );
  return rows;
}
