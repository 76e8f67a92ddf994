import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';

/** Which transactions to list; every filter given must match. */
export interface TransactionFilter {
  organizationId?: string | undefined;
  kind?: string | undefined;
  /** Inclusive and exclusive instants of the posting. */
  from?: Date | undefined;
  to?: Date | undefined;
  beforeId?: string | undefined;
  limit: number;
}

/** A ledger transaction with its entries; amounts nano as digits, a debit above zero. */
export interface StoredTransaction {
  id: string;
  kind: string;
  organizationId: string | null;
  reversesId: string | null;
  description: string;
  effectiveAt: Date;
  currency: string;
  legalEntityId: string;
  entries: { account: string; wallet: boolean; nano: string }[];
}

/** Reads the ledger for people. */
@Injectable()
export class LedgerReadsRepository {
  constructor(private readonly database: Database) {}

  /** Newest first. */
  list(filter: TransactionFilter): Promise<StoredTransaction[]> {
    return this.database.query<StoredTransaction>(
      `select t.id, t.kind, t.organization_id as "organizationId", t.reverses_id as "reversesId", t.description,
         t.effective_at as "effectiveAt", min(a.currency) as currency, min(a.legal_entity_id::text) as "legalEntityId",
         jsonb_agg(jsonb_build_object('account', a.kind, 'wallet', a.wallet_id is not null, 'nano', e.amount_nano::text)
           order by e.id) as entries
       from (select * from ledger_transaction x
             where ($1::uuid is null or x.organization_id = $1) and ($2::text is null or x.kind = $2)
               and ($3::timestamptz is null or x.effective_at >= $3) and ($4::timestamptz is null or x.effective_at < $4)
               and ($5::uuid is null or x.id < $5)
             order by x.id desc limit $6) t
       join ledger_entry e on e.transaction_id = t.id join ledger_account a on a.id = e.account_id
       group by t.id, t.kind, t.organization_id, t.reverses_id, t.description, t.effective_at order by t.id desc`,
      [
        filter.organizationId ?? null,
        filter.kind ?? null,
        filter.from ?? null,
        filter.to ?? null,
        filter.beforeId ?? null,
        filter.limit,
      ],
    );
  }
}
