import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { uuidv7 } from '../../core/ids.js';
import type { PaidLot } from './claw-back.js';

/** What was taken back because of one refund or dispute. */
export interface ClawBack {
  id: string;
  organizationId: string;
  walletId: string;
  fromWalletNano: bigint;
  receivableNano: bigint;
  taxNano: bigint;
  roundingNano: bigint;
  /** Of the receivable: no longer owed. */
  recoveredNano: bigint;
  cause: ClawBackCause;
}

/** Why money is taken back: exactly one of the two. */
export type ClawBackCause = { refundId: string } | { disputeId: string };

/** Why a wallet admits no calls; the database knows the same list. */
export const BLOCK_REASONS = ['dispute', 'claw_back', 'dunning', 'manual'] as const;
/** One of them; a wallet can be blocked for several at once. */
export type BlockReason = (typeof BLOCK_REASONS)[number];

interface Row {
  id: string;
  organization_id: string;
  wallet_id: string;
  from_wallet_nano: string;
  receivable_nano: string;
  tax_nano: string;
  rounding_nano: string;
  recovered_nano: string;
  refund_id: string | null;
  dispute_id: string | null;
}

const COLUMNS =
  'id, organization_id, wallet_id, from_wallet_nano, receivable_nano, tax_nano, rounding_nano, recovered_nano, refund_id, dispute_id';

/** Claw-backs, the lots they empty and the blocks they put on wallets. Every call belongs to the caller's transaction. */
@Injectable()
export class ClawBacksRepository {
  /** The wallet of an organization in a currency. */
  async getWalletId(client: PoolClient, organizationId: string, currency: string): Promise<string> {
    const { rows } = await client.query<{ id: string }>(
      'select id from wallet where organization_id = $1 and currency = $2',
      [organizationId, currency],
    );
    const [row] = rows;
    if (!row) throw new Error(`organization ${organizationId} has no wallet in ${currency}`);
    return row.id;
  }

  /** When the tax on the credit that a payment bought is due; null: it bought none. */
  async findTaxPoint(client: PoolClient, attemptId: string): Promise<'sale' | 'use' | null> {
    const { rows } = await client.query<{ point: 'sale' | 'use' }>(
      `select g.tax_point as point from payment_attempt a join credit_grant g on g.idempotency_key = 'top_up:' || a.purpose_id
       where a.id = $1 and a.purpose = 'top_up'`,
      [attemptId],
    );
    return rows[0]?.point ?? null;
  }

  /** Bought credit that is left, newest first; of one tax point, unless that is null. */
  async listPaidLots(
    client: PoolClient,
    walletId: string,
    taxPoint: 'sale' | 'use' | null,
  ): Promise<PaidLot[]> {
    const { rows } = await client.query<{ id: string; remaining_nano: string }>(
      `select g.id, b.remaining_nano from grant_balance b join credit_grant g on g.id = b.grant_id
       where b.wallet_id = $1 and g.kind = 'paid' and b.remaining_nano > 0 and ($2::text is null or g.tax_point = $2)
       order by g.created_at desc, g.id desc`,
      [walletId, taxPoint],
    );
    return rows.map((row) => ({ id: row.id, remainingNano: BigInt(row.remaining_nano) }));
  }

  async insert(
    client: PoolClient,
    cause: ClawBackCause,
    clawBack: Omit<ClawBack, 'id' | 'recoveredNano' | 'cause'>,
  ): Promise<string> {
    const id = uuidv7();
    await client.query(
      `insert into claw_back (id, organization_id, wallet_id, refund_id, dispute_id, from_wallet_nano, receivable_nano, tax_nano,
         rounding_nano) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        id,
        clawBack.organizationId,
        clawBack.walletId,
        'refundId' in cause ? cause.refundId : null,
        'disputeId' in cause ? cause.disputeId : null,
        clawBack.fromWalletNano,
        clawBack.receivableNano,
        clawBack.taxNano,
        clawBack.roundingNano,
      ],
    );
    return id;
  }

  /** Null when nothing was taken for this cause. The wallet is locked first: then this says how things are. */
  async find(client: PoolClient, cause: ClawBackCause): Promise<ClawBack | null> {
    const [column, id] =
      'refundId' in cause ? ['refund_id', cause.refundId] : ['dispute_id', cause.disputeId];
    const { rows } = await client.query<Row>(`select ${COLUMNS} from claw_back where ${column} = $1`, [id]);
    return rows[0] ? toClawBack(rows[0]) : null;
  }

  /** Debts of a wallet, oldest first; locked. Those of a dispute that is still open are not yet due. */
  async listOwed(client: PoolClient, walletId: string): Promise<ClawBack[]> {
    const { rows } = await client.query<Row>(
      `select ${COLUMNS} from claw_back c where wallet_id = $1 and recovered_nano < receivable_nano
         and not exists (select 1 from payment_dispute d where d.id = c.dispute_id and d.status = 'open')
       order by id for update`,
      [walletId],
    );
    return rows.map(toClawBack);
  }

  /** How much of a debt was written off instead of paid. */
  async writtenOffNano(client: PoolClient, id: string): Promise<bigint> {
    const { rows } = await client.query<{ nano: string }>(
      `select coalesce(sum(e.amount_nano), 0) as nano from ledger_transaction t join ledger_entry e on e.transaction_id = t.id
         join ledger_account a on a.id = e.account_id where t.idempotency_key = $1 and a.kind = 'bad_debt'`,
      [writeOffKey(id)],
    );
    return BigInt(rows[0]?.nano ?? 0);
  }

  /** Notes that so much more of a debt is not owed any longer. */
  async settle(client: PoolClient, id: string, amountNano: bigint): Promise<void> {
    await client.query('update claw_back set recovered_nano = recovered_nano + $2 where id = $1', [
      id,
      amountNano,
    ]);
  }

  /** Stops the wallet's keys for this reason; they start again when no reason is left. */
  async block(
    client: PoolClient,
    walletId: string,
    reason: Exclude<BlockReason, 'dunning'>,
    sourceId: string,
  ): Promise<void> {
    await client.query(
      'insert into wallet_block (wallet_id, reason, source_id) values ($1, $2, $3) on conflict do nothing',
      [walletId, reason, sourceId],
    );
  }

  /** Why the wallet admits no calls; empty while it does. */
  async listBlockReasons(client: PoolClient, walletId: string): Promise<BlockReason[]> {
    const { rows } = await client.query<{ reason: BlockReason }>(
      'select distinct reason from wallet_block where wallet_id = $1 order by reason',
      [walletId],
    );
    return rows.map(({ reason }) => reason);
  }

  /** Lifts what disputes left that have ended. */
  async unblockClosedDisputes(client: PoolClient, walletId: string): Promise<void> {
    await client.query(
      `delete from wallet_block b where b.wallet_id = $1 and b.reason = 'dispute'
         and not exists (select 1 from payment_dispute d where d.id = b.source_id and d.status = 'open')`,
      [walletId],
    );
  }

  async unblock(
    client: PoolClient,
    walletId: string,
    reason: Exclude<BlockReason, 'dunning'>,
    sourceId: string,
  ): Promise<void> {
    await client.query('delete from wallet_block where wallet_id = $1 and reason = $2 and source_id = $3', [
      walletId,
      reason,
      sourceId,
    ]);
  }
}

const toClawBack = (row: Row): ClawBack => ({
  id: row.id,
  organizationId: row.organization_id,
  walletId: row.wallet_id,
  fromWalletNano: BigInt(row.from_wallet_nano),
  receivableNano: BigInt(row.receivable_nano),
  taxNano: BigInt(row.tax_nano),
  roundingNano: BigInt(row.rounding_nano),
  recoveredNano: BigInt(row.recovered_nano),
  cause: row.refund_id === null ? { disputeId: row.dispute_id ?? '' } : { refundId: row.refund_id },
});

/** The ledger key of the journal that writes a debt off. */
export const writeOffKey = (id: string): string => `write_off:${id}`;
