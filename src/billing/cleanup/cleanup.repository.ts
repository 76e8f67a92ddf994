import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';

/** What is removed, and after how long. None of it is money or evidence of it. */
const STATEMENTS = {
  idempotencyKeys: `delete from idempotency_key where ctid = any (array(
    select ctid from idempotency_key where created_at < billing_now() - interval '48 hours' limit $1))`,
  gatewayProcesses: `delete from gateway_process where id = any (array(
    select p.id from gateway_process p where p.seen_at < billing_now() - interval '7 days'
      and not exists (select 1 from hold h where h.process_id = p.id and h.state = 'open') limit $1))`,
} as const;

/** A sort of row that is removed when it is old. */
export type Removable = keyof typeof STATEMENTS;
/** Every sort, in the order in which they are removed. */
export const REMOVABLES = Object.keys(STATEMENTS) as Removable[];

/** Removes rows that are kept for a while only; money and usage are not among them. */
@Injectable()
export class CleanupRepository {
  constructor(private readonly database: Database) {}

  /** Removes up to `limit` old rows; returns how many there were. */
  async remove(what: Removable, limit: number): Promise<number> {
    const { rowCount } = await this.database.pool.query(STATEMENTS[what], [limit]);
    return rowCount ?? 0;
  }
}
