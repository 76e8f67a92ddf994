import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../../platform/database/database.service.js';

/** Which invoices are to be collected, and which wallets admit no calls because one was not paid. */
@Injectable()
export class DunningRepository {
  constructor(private readonly database: Database) {}

  /** Invoices whose timer has run out, the longest past first. */
  async listDue(limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `select id from invoice where status = 'finalized' and collect_at <= billing_now() order by collect_at, id limit $1`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  /** The clock of everything about money. */
  async now(client: PoolClient): Promise<Date> {
    const { rows } = await client.query<{ now: Date }>('select billing_now() as now');
    const [row] = rows;
    if (!row) throw new Error('the database gave no time');
    return row.now;
  }

  /** Blocks a wallet for an invoice; calls are refused from the next one on. */
  async suspend(client: PoolClient, walletId: string, invoiceId: string): Promise<void> {
    await client.query(
      `insert into wallet_block (wallet_id, reason, source_id) values ($1, 'dunning', $2) on conflict do nothing`,
      [walletId, invoiceId],
    );
  }

  /** Takes the block of an invoice away; the wallet stays blocked while there is another. */
  async lift(client: PoolClient, walletId: string, invoiceId: string): Promise<void> {
    await client.query(
      `delete from wallet_block where wallet_id = $1 and reason = 'dunning' and source_id = $2`,
      [walletId, invoiceId],
    );
  }

  /** Blocks a wallet as finance does by hand: until somebody unblocks it. */
  async stopByHand(client: PoolClient, walletId: string): Promise<void> {
    await client.query(
      `insert into wallet_block (wallet_id, reason, source_id) values ($1, 'manual', $1) on conflict do nothing`,
      [walletId],
    );
  }
}
