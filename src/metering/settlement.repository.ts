import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.service.js';
import { settlementRows, type SettlementTypes } from './settlement-rows.js';
import type { SettlementCall } from './settlement.js';

const SETTLE_CALLS = { name: 'settle-calls', text: 'SELECT cardinality((settle_calls($1, $2, $3)).holds)' };

/** Ends holds in the database: one transaction a batch, each hold once whoever asks and however often. */
@Injectable()
export class SettlementRepository {
  private types: SettlementTypes | undefined;

  constructor(private readonly database: Database) {}

  /** Holds that were closed before are left as they are. Throws RangeError for what is no settlement. */
  async settle(calls: readonly SettlementCall[]): Promise<void> {
    this.types ??= await this.database.rowTypes('settled_call', 'settled_line', 'settled_attempt');
    await this.database.money(SETTLE_CALLS, settlementRows(calls, this.types));
  }
}
