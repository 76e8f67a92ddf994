import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';
import type { ClosedHold, SettleOutcome } from './hold.js';

/** Ends holds whose process is gone. Placing and settling belong to admission and metering. */
@Injectable()
export class HoldsRepository {
  constructor(private readonly database: Database) {}

  /** Throws when the database does not answer. */
  async ping(): Promise<void> {
    await this.database.query('select 1');
  }

  /** Ends up to `limit` expired holds of dead processes, each exactly once whoever else asks. */
  async sweep(limit: number): Promise<ClosedHold[]> {
    const rows = await this.database.query<{
      hold_id: string;
      outcome: SettleOutcome;
      charged_nano: string;
      absorbed_nano: string;
    }>('select hold_id, outcome, charged_nano, absorbed_nano from sweep_holds($1)', [limit]);
    return rows.map((row) => ({
      holdId: row.hold_id,
      outcome: row.outcome,
      chargedNano: BigInt(row.charged_nano),
      absorbedNano: BigInt(row.absorbed_nano),
    }));
  }
}
