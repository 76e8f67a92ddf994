import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../platform/config/app-config.js';
import { Batcher } from '../../platform/database/batcher.js';
import { Database } from '../../platform/database/database.service.js';
import { GatewayProcess } from './gateway-process.service.js';
import { holdRows } from './hold-rows.js';
import { HoldPort, type HoldAnswer, type HoldOutcome, type HoldRequest } from './hold-port.js';

const PLACE_HOLDS = {
  name: 'place-holds',
  // Only refusals travel back: an id without a row was placed.
  text: `SELECT hold_id, outcome, available_nano FROM place_holds($1, make_interval(secs => $2), $3::asked_hold[]) WHERE outcome <> 'placed'`,
};

interface Row {
  hold_id: string;
  outcome: HoldOutcome;
  available_nano: string | null;
}

const PLACED: HoldAnswer = { outcome: 'placed', availableNano: 0n };

/** Holds placed by the database, many calls in one transaction. */
@Injectable()
export class BatchedHolds extends HoldPort {
  private readonly batches: Batcher<HoldRequest, HoldAnswer>;
  private types: Record<'asked_hold', number> | undefined;

  constructor(
    private readonly database: Database,
    private readonly process: GatewayProcess,
    private readonly config: AppConfig,
  ) {
    super();
    this.batches = new Batcher((holds) => this.placeAll(holds), { maxBatch: 256, maxInFlight: 1 });
  }

  place(hold: HoldRequest): Promise<HoldAnswer> {
    return this.batches.add(hold);
  }

  private async placeAll(holds: HoldRequest[]): Promise<HoldAnswer[]> {
    this.types ??= await this.database.rowTypes('asked_hold');
    const rows = await this.database.money<Row>(PLACE_HOLDS, [
      this.process.id,
      this.config.holdTtlSeconds,
      holdRows(holds, this.types.asked_hold),
    ]);
    const answers = new Map(rows.map((row) => [row.hold_id, row]));
    return holds.map(({ requestId }) => {
      const row = answers.get(requestId);
      if (!row) return PLACED;
      return { outcome: row.outcome, availableNano: BigInt(row.available_nano ?? 0) };
    });
  }
}
