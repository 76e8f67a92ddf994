import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.service.js';
import type { SettlementCall } from './settlement.js';

const SETTLE_CALLS = {
  name: 'settle-calls',
  text: 'SELECT hold_id, outcome, charged_nano, absorbed_nano FROM settle_calls($1)',
};

/** What became of one settlement. */
export interface SettledCall {
  holdId: string;
  /** `already_closed`: somebody settled or released this hold before; nothing was done. */
  outcome: 'settled' | 'released' | 'already_closed';
  chargedNano: bigint;
  /** What the wallet could not pay and the house bears. */
  absorbedNano: bigint;
}

/** Ends holds in the database: one transaction a batch, each hold once whoever asks. */
@Injectable()
export class SettlementRepository {
  constructor(private readonly database: Database) {}

  async settle(calls: readonly SettlementCall[]): Promise<SettledCall[]> {
    const rows = await this.database.money<{
      hold_id: string;
      outcome: SettledCall['outcome'];
      charged_nano: string;
      absorbed_nano: string;
    }>(SETTLE_CALLS, [JSON.stringify(calls)]);
    return rows.map((row) => ({
      holdId: row.hold_id,
      outcome: row.outcome,
      chargedNano: BigInt(row.charged_nano),
      absorbedNano: BigInt(row.absorbed_nano),
    }));
  }
}
