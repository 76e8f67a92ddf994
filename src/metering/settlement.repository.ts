import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.service.js';
import { jsonbOf, type SettlementLine } from './settlement-line.js';

const SETTLE_CALLS = { name: 'settle-calls', text: 'SELECT count(*) FROM settle_calls($1)' };

/** Ends holds in the database: one transaction a batch, each hold once whoever asks and however often. */
@Injectable()
export class SettlementRepository {
  constructor(private readonly database: Database) {}

  /** Holds that were closed before are left as they are. */
  async settle(lines: readonly SettlementLine[]): Promise<void> {
    await this.database.money(SETTLE_CALLS, [jsonbOf(lines)]);
  }
}
