import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { uuidv7 } from '../../core/ids.js';
import { WALLET_ACCOUNTS, type AccountKind, type Posting } from './posting.js';
import type { Lot, LotMove } from './lots.js';

/** A ledger transaction about to be written. Its postings sum to zero and share one currency. */
export interface TransactionDraft {
  id: string;
  /** Says once for ever what this transaction is for; writing it twice fails. */
  idempotencyKey: string;
  kind: string;
  /** Null: the house's own affair; `legalEntityId` then says whose books. */
  organizationId: string | null;
  /** UUID; absent: the entity the organization buys from. */
  legalEntityId?: string | undefined;
  /** Null: no account of a wallet is touched. */
  walletId: string | null;
  currency: string;
  description: string;
  postings: Posting[];
  /** The idempotency key of the transaction this one takes back, which no other may take back again; absent: none. */
  reversesKey?: string | undefined;
}

interface AccountRow {
  id: string;
  legal_entity_id: string;
  kind: AccountKind;
  wallet_id: string | null;
  currency: string;
}

interface LotRow {
  grant_id: string;
  wallet_id: string;
  kind: Lot['kind'];
  tax_point: Lot['taxPoint'];
  priority: number;
  expires_at: Date | null;
  created_at: Date;
  remaining_nano: string;
  consumed_nano: string;
}

const accountKey = (entityId: string, kind: string, walletId: string | null, currency: string) =>
  `${entityId}|${kind}|${walletId ?? ''}|${currency}`;

/** Reads and writes the ledger and the lots. Every call belongs to the caller's database transaction. */
@Injectable()
export class LedgerRepository {
  /**
   * One process at a time moves a wallet's lots; the lock lasts as long as the transaction. It is not the
   * wallet row, so that calls are admitted and settled meanwhile.
   */
  async lockLots(client: PoolClient, walletIds: string[]): Promise<void> {
    await client.query(
      `select pg_advisory_xact_lock(hashtextextended('lots:' || w.id, 0))
       from (select id from unnest($1::uuid[]) as u(id) order by id) w`,
      [walletIds],
    );
  }

  /** Lots that have money left, and, with `consumedToo`, those that could get some back. */
  async listLots(client: PoolClient, walletIds: string[], consumedToo: boolean): Promise<Map<string, Lot[]>> {
    const { rows } = await client.query<LotRow>(
      `select b.grant_id, b.wallet_id, g.kind, g.tax_point, g.priority, g.expires_at, g.created_at, b.remaining_nano, b.consumed_nano
       from grant_balance b join credit_grant g on g.id = b.grant_id
       where b.wallet_id = any ($1::uuid[]) and (b.remaining_nano > 0 or ($2 and b.consumed_nano > 0))`,
      [walletIds, consumedToo],
    );
    const lots = new Map<string, Lot[]>(walletIds.map((id) => [id, []]));
    for (const row of rows) lots.get(row.wallet_id)?.push(toLot(row));
    return lots;
  }

  /** Writes the transactions with all their entries. A repeated idempotency key is an error. */
  async post(client: PoolClient, drafts: TransactionDraft[]): Promise<void> {
    if (drafts.length === 0) return;
    const entities = await findEntities(client, drafts);
    const keyOf = (draft: TransactionDraft, kind: AccountKind) => accountOf(draft, kind, entities);
    const accounts = await this.accountsFor(
      client,
      drafts.flatMap((d) => d.postings.map((p) => keyOf(d, p.account))),
    );
    await client.query(
      `insert into ledger_transaction (id, idempotency_key, kind, organization_id, description, reverses_id)
       select d.id, d.key, d.kind, d.organization_id, d.description, (select t.id from ledger_transaction t where t.idempotency_key = d.reverses)
       from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[])
         as d(id, key, kind, organization_id, description, reverses)`,
      [
        drafts.map((d) => d.id),
        drafts.map((d) => d.idempotencyKey),
        drafts.map((d) => d.kind),
        drafts.map((d) => d.organizationId),
        drafts.map((d) => d.description),
        drafts.map((d) => d.reversesKey ?? null),
      ],
    );
    const entries = drafts.flatMap((d) => d.postings.map((p) => ({ draft: d, ...p })));
    await client.query(
      `insert into ledger_entry (transaction_id, account_id, amount_nano)
       select * from unnest($1::uuid[], $2::uuid[], $3::bigint[])`,
      [
        entries.map((e) => e.draft.id),
        entries.map((e) => accounts.get(keyOf(e.draft, e.account))),
        entries.map((e) => e.amountNano),
      ],
    );
  }

  /** Records what lots gave, got back or lost; each move names its ledger transaction. */
  async recordMoves(
    client: PoolClient,
    moves: {
      lotId: string;
      kind: LotMove['kind'] | 'expire' | 'refund';
      amountNano: bigint;
      transactionId: string;
    }[],
  ): Promise<void> {
    if (moves.length === 0) return;
    await client.query(
      `insert into grant_move (grant_id, kind, amount_nano, transaction_id)
       select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::uuid[])`,
      [
        moves.map((m) => m.lotId),
        moves.map((m) => m.kind),
        moves.map((m) => m.amountNano),
        moves.map((m) => m.transactionId),
      ],
    );
  }

  /** The id of every account named; those that do not exist yet are made. */
  private async accountsFor(client: PoolClient, wanted: string[]): Promise<Map<string, string>> {
    const keys = [...new Set(wanted)].sort();
    const found = await findAccounts(client, keys);
    const missing = keys.filter((key) => !found.has(key));
    if (missing.length === 0) return found;
    await client.query(
      `insert into ledger_account (id, legal_entity_id, kind, wallet_id, currency)
       select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[]) on conflict do nothing`,
      [missing.map(() => uuidv7()), ...columns(missing)],
    );
    return new Map([...found, ...(await findAccounts(client, missing))]);
  }
}

function accountOf(draft: TransactionDraft, kind: AccountKind, entities: Map<string, string>): string {
  const entityId = draft.legalEntityId ?? entities.get(draft.organizationId ?? '');
  if (entityId === undefined) throw new Error(`${draft.idempotencyKey} is of no legal entity`);
  if (!WALLET_ACCOUNTS.has(kind)) return accountKey(entityId, kind, null, draft.currency);
  if (draft.walletId === null) throw new Error(`${draft.idempotencyKey} posts to ${kind} of no wallet`);
  return accountKey(entityId, kind, draft.walletId, draft.currency);
}

/** The legal entity each organization buys from. */
async function findEntities(client: PoolClient, drafts: TransactionDraft[]): Promise<Map<string, string>> {
  const { rows } = await client.query<{ organization_id: string; legal_entity_id: string }>(
    'select organization_id, legal_entity_id from billing_account where organization_id = any ($1::uuid[])',
    [[...new Set(drafts.map((d) => d.organizationId))].filter((id) => id !== null)],
  );
  return new Map(rows.map((row) => [row.organization_id, row.legal_entity_id]));
}

const columns = (keys: string[]): [string[], string[], (string | null)[], string[]] => {
  const parts = keys.map((key) => key.split('|') as [string, string, string, string]);
  return [
    parts.map((p) => p[0]),
    parts.map((p) => p[1]),
    parts.map((p) => p[2] || null),
    parts.map((p) => p[3]),
  ];
};

async function findAccounts(client: PoolClient, keys: string[]): Promise<Map<string, string>> {
  const { rows } = await client.query<AccountRow>(
    `select a.id, a.legal_entity_id, a.kind, a.wallet_id, a.currency
     from unnest($1::uuid[], $2::text[], $3::uuid[], $4::bpchar[]) as k(entity_id, kind, wallet_id, currency)
     join ledger_account a on a.legal_entity_id = k.entity_id and a.kind = k.kind and a.wallet_id = k.wallet_id
       and a.currency = k.currency
     union all
     select a.id, a.legal_entity_id, a.kind, a.wallet_id, a.currency
     from unnest($1::uuid[], $2::text[], $3::uuid[], $4::bpchar[]) as k(entity_id, kind, wallet_id, currency)
     join ledger_account a on a.legal_entity_id = k.entity_id and a.kind = k.kind and a.wallet_id is null
       and k.wallet_id is null and a.currency = k.currency`,
    columns(keys),
  );
  return new Map(
    rows.map((row) => [accountKey(row.legal_entity_id, row.kind, row.wallet_id, row.currency), row.id]),
  );
}

const toLot = (row: LotRow): Lot => ({
  id: row.grant_id,
  kind: row.kind,
  taxPoint: row.tax_point,
  priority: row.priority,
  expiresAt: row.expires_at ?? undefined,
  createdAt: row.created_at,
  remainingNano: BigInt(row.remaining_nano),
  consumedNano: BigInt(row.consumed_nano),
});
