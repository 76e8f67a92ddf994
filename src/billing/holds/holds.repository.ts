import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.service.js';
import type { ClosedHold, SettleOutcome } from './hold.js';

interface ClosedRow {
  hold_id: string;
  outcome: SettleOutcome;
  charged_nano: string;
  absorbed_nano: string;
}

/** Ends holds whose process is gone. Placing and settling belong to admission and metering. */
@Injectable()
export class HoldsRepository {
  constructor(private readonly database: Database) {}

  /** Throws when the database does not answer. */
  async ping(): Promise<void> {
    await this.database.query('select 1');
  }

  /**
   * Ends up to `limit` expired holds of dead processes, each exactly once whoever else asks. Throws, and ends none, when the database
   * refuses one of them.
   */
  sweep(limit: number): Promise<ClosedHold[]> {
    return this.closed('sweep_holds($1)', limit);
  }

  /** Ids of up to `limit` expired holds of dead processes, oldest first, without those of `without`. */
  async listAbandoned(limit: number, without: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      'select id from abandoned_hold where id <> all ($2::uuid[]) order by id limit $1',
      [limit, without],
    );
    return rows.map(({ id }) => id);
  }

  /** Ends one of them; none when somebody else has, or is about to. */
  sweepOne(holdId: string): Promise<ClosedHold[]> {
    return this.closed('sweep_abandoned(array[$1::uuid])', holdId);
  }

  /**
   * In a transaction that has been rolled back when this rejects: a single statement's connection is dropped when it is refused, and
   * whoever asks next may find the holds still locked, and pass them over.
   */
  private async closed(call: string, argument: unknown): Promise<ClosedHold[]> {
    const text = `select hold_id, outcome, charged_nano, absorbed_nano from ${call}`;
    const { rows } = await this.database.transaction((client) => client.query<ClosedRow>(text, [argument]));
    return rows.map((row) => ({
      holdId: row.hold_id,
      outcome: row.outcome,
      chargedNano: BigInt(row.charged_nano),
      absorbedNano: BigInt(row.absorbed_nano),
    }));
  }
}
