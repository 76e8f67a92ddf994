import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { uuidv7 } from '../../core/ids.js';
import { Database } from '../../platform/database/database.service.js';
import type { CreditKind } from '../ledger/posting.js';
import { PRIORITY, type CreditGrant, type CreditOrder } from './credit.js';

/** A wallet whose row is locked until the transaction ends. */
export interface LockedWallet {
  id: string;
  organizationId: string;
  currency: string;
  balanceNano: bigint;
  heldNano: bigint;
}

/** A lot past its expiry that still holds money. */
export interface ExpiredGrant {
  id: string;
  kind: CreditKind;
  remainingNano: bigint;
  /** What earlier runs took from it; makes the next run's ledger key. */
  takenNano: bigint;
}

interface GrantRow {
  id: string;
  organization_id: string;
  wallet_id: string;
  currency: string;
  kind: CreditKind;
  tax_point: CreditGrant['taxPoint'];
  amount_nano: string;
  remaining_nano: string;
  reason: string;
  expires_at: Date | null;
  created_at: Date;
}

interface WalletRow {
  id: string;
  organization_id: string;
  currency: string;
  balance_nano: string;
  held_nano: string;
}

const COLUMNS = `g.id, g.organization_id, g.wallet_id, w.currency, g.kind, g.tax_point, g.amount_nano, b.remaining_nano, g.reason,
  g.expires_at, g.created_at`;
const TABLES = 'credit_grant g join wallet w on w.id = g.wallet_id join grant_balance b on b.grant_id = g.id';

/** Lots of credit and the wallets they fill. */
@Injectable()
export class CreditsRepository {
  constructor(private readonly database: Database) {}

  /** Locks the wallet of an organization; null when there is no such organization. */
  async lockWalletOf(client: PoolClient, organizationId: string): Promise<LockedWallet | null> {
    const { rows } = await client.query<WalletRow>(
      `select w.id, w.organization_id, w.currency, w.balance_nano, w.held_nano
       from wallet w join organization o on o.id = w.organization_id
       where o.id = $1 and w.currency = o.currency for no key update of w`,
      [organizationId],
    );
    return rows[0] ? toWallet(rows[0]) : null;
  }

  /** Locks a wallet by its id. */
  async lockWallet(client: PoolClient, walletId: string): Promise<LockedWallet | null> {
    const { rows } = await client.query<WalletRow>(
      'select id, organization_id, currency, balance_nano, held_nano from wallet where id = $1 for no key update',
      [walletId],
    );
    return rows[0] ? toWallet(rows[0]) : null;
  }

  /** Adds to the balance of a wallet the transaction has locked; a negative amount takes away. */
  async addToBalance(client: PoolClient, walletId: string, amountNano: bigint): Promise<void> {
    await client.query('update wallet set balance_nano = balance_nano + $2 where id = $1', [
      walletId,
      amountNano,
    ]);
  }

  /** The grant of an order, or null when its idempotency key was used before. */
  async insert(client: PoolClient, walletId: string, order: CreditOrder): Promise<string | null> {
    const { rows } = await client.query<{ id: string }>(
      `insert into credit_grant (id, organization_id, wallet_id, kind, amount_nano, priority, reason, expires_at,
         idempotency_key, created_by, tax_point)
       select $1, $2, $3, $4::text, $5, $6, $7, $8, $9, $10, case when $4::text = 'promo' then 'use' else coalesce($11::text, e.tax_point) end
       from billing_account b join legal_entity e on e.id = b.legal_entity_id where b.organization_id = $2 on conflict (idempotency_key) do nothing returning id`,
      [
        uuidv7(),
        order.organizationId,
        walletId,
        order.kind,
        order.amountNano,
        PRIORITY[order.kind],
        order.reason,
        order.expiresAt ?? null,
        order.idempotencyKey,
        order.createdBy,
        order.taxPoint ?? null,
      ],
    );
    return rows[0]?.id ?? null;
  }

  /** The grant made for an idempotency key. */
  async findByKey(client: PoolClient, idempotencyKey: string): Promise<CreditGrant | null> {
    const { rows } = await client.query<GrantRow>(
      `select ${COLUMNS} from ${TABLES} where g.idempotency_key = $1`,
      [idempotencyKey],
    );
    return rows[0] ? toGrant(rows[0]) : null;
  }

  /** A lot of an organization; null when it has no such one. */
  async findGrant(client: PoolClient, organizationId: string, id: string): Promise<CreditGrant | null> {
    const { rows } = await client.query<GrantRow>(
      `select ${COLUMNS} from ${TABLES} where g.organization_id = $1 and g.id = $2`,
      [organizationId, id],
    );
    return rows[0] ? toGrant(rows[0]) : null;
  }

  /** What expiry and revocation took from a lot so far; grows with each taking. */
  async sumTaken(client: PoolClient, id: string): Promise<bigint> {
    const { rows } = await client.query<{ nano: string }>(
      'select coalesce(sum(amount_nano), 0) as nano from grant_move where grant_id = $1 and kind = $2',
      [id, 'expire'],
    );
    return BigInt(rows[0]?.nano ?? 0);
  }

  /** Grants of an organization, newest first, older than `beforeId` when that is given. */
  async list(organizationId: string, limit: number, beforeId?: string): Promise<CreditGrant[]> {
    const rows = await this.database.query<GrantRow>(
      `select ${COLUMNS} from ${TABLES}
       where g.organization_id = $1 and ($2::uuid is null or g.id < $2) order by g.id desc limit $3`,
      [organizationId, beforeId ?? null, limit],
    );
    return rows.map(toGrant);
  }

  /** Wallets with an expired lot that still holds money, and with money that no call holds. */
  async listWalletsToExpire(): Promise<string[]> {
    const rows = await this.database.query<{ wallet_id: string }>(
      `select distinct b.wallet_id from grant_balance b join credit_grant g on g.id = b.grant_id
         join wallet w on w.id = b.wallet_id
       where b.remaining_nano > 0 and g.expires_at <= billing_now() and w.balance_nano > w.held_nano order by 1`,
    );
    return rows.map((row) => row.wallet_id);
  }

  /** Expired lots of a wallet that still hold money, in the order they would have been used. */
  async listExpired(client: PoolClient, walletId: string): Promise<ExpiredGrant[]> {
    const { rows } = await client.query<{
      id: string;
      kind: CreditKind;
      remaining_nano: string;
      taken_nano: string;
    }>(
      `select g.id, g.kind, b.remaining_nano, g.amount_nano - b.remaining_nano - b.consumed_nano as taken_nano
       from grant_balance b join credit_grant g on g.id = b.grant_id
       where b.wallet_id = $1 and b.remaining_nano > 0 and g.expires_at <= billing_now()
       order by g.priority, g.expires_at, g.created_at, g.id`,
      [walletId],
    );
    return rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      remainingNano: BigInt(row.remaining_nano),
      takenNano: BigInt(row.taken_nano),
    }));
  }

  /** Whether usage of the wallet waits to be posted; what it costs is not yet taken from the lots. */
  async hasQueuedUsage(client: PoolClient, walletId: string): Promise<boolean> {
    const { rows } = await client.query(
      `select 1 from usage_pending p join usage_event e on e.id = p.event_id where e.wallet_id = $1 limit 1`,
      [walletId],
    );
    return rows.length > 0;
  }
}

const toWallet = (row: WalletRow): LockedWallet => ({
  id: row.id,
  organizationId: row.organization_id,
  currency: row.currency,
  balanceNano: BigInt(row.balance_nano),
  heldNano: BigInt(row.held_nano),
});

const toGrant = (row: GrantRow): CreditGrant => ({
  id: row.id,
  organizationId: row.organization_id,
  walletId: row.wallet_id,
  currency: row.currency,
  kind: row.kind,
  taxPoint: row.tax_point,
  amountNano: BigInt(row.amount_nano),
  remainingNano: BigInt(row.remaining_nano),
  reason: row.reason,
  expiresAt: row.expires_at ?? undefined,
  createdAt: row.created_at,
});
