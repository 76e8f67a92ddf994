import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.service.js';
import { settlementRows, type SettlementTypes } from './settlement-rows.js';
import type { SettlementCall } from './settlement.js';

const SETTLE_CALLS = { name: 'settle-calls', text: 'SELECT cardinality((settle_calls($1, $2, $3)).holds)' };
/** What was charged and what the wallet could not pay are together what a settlement asks for; a released hold has neither. */
const ENDED_OTHERWISE = `
  SELECT c.hold FROM unnest($1::uuid[], $2::bigint[]) AS c(hold, amount)
  LEFT JOIN usage_event e ON e.request_id = c.hold AND e.kind = 'usage'
  WHERE e.amount_nano + e.absorbed_nano IS DISTINCT FROM c.amount`;

/** Ends holds in the database: one transaction a batch, each hold once whoever asks and however often. */
@Injectable()
export class SettlementRepository {
  private types: SettlementTypes | undefined;

  constructor(private readonly database: Database) {}

  /**
   * Returns how many holds it ended; those that were closed before are left as they are. Throws RangeError for what is no
   * settlement.
   */
  async settle(calls: readonly SettlementCall[]): Promise<number> {
    this.types ??= await this.database.rowTypes('settled_call', 'settled_line', 'settled_attempt');
    const rows = settlementRows(calls, this.types);
    const [ended] = await this.database.money<{ cardinality: number | null }>(SETTLE_CALLS, rows);
    return ended?.cardinality ?? 0;
  }

  /** Of settlements that were sent, the holds (UUIDs) that came to another amount, because somebody else had ended them before. */
  async listEndedOtherwise(calls: readonly SettlementCall[]): Promise<string[]> {
    const holds = calls.map(({ hold }) => hold);
    const amounts = calls.map(({ release, amount }) => (release ? null : amount));
    const rows = await this.database.query<{ hold: string }>(ENDED_OTHERWISE, [holds, amounts]);
    return rows.map(({ hold }) => hold);
  }
}
