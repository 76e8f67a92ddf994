import { Injectable } from '@nestjs/common';
import { isoTime } from '../../core/clock.js';
import { AppConfig } from '../../platform/config/app-config.js';
import { Batcher } from '../../platform/database/batcher.js';
import { Database } from '../../platform/database/database.service.js';
import { GatewayProcess } from './gateway-process.service.js';
import { HoldPort, type HoldAnswer, type HoldOutcome, type HoldRequest } from './hold-port.js';

const PLACE_HOLDS = {
  name: 'place-holds',
  // Only refusals travel back: an id without a row was placed.
  text: `SELECT hold_id, outcome, available_nano FROM place_holds($1, make_interval(secs => $2), $3) WHERE outcome <> 'placed'`,
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
    const items = holds.map((hold) => ({
      id: hold.requestId,
      key: hold.apiKeyId,
      amount: hold.amountNano.toString(),
      protocol: hold.protocol,
      streamed: hold.streamed,
      model_requested: hold.modelRequested,
      model: hold.modelId,
      deployment: hold.deploymentId,
      provider: hold.providerId,
      priced_at: isoTime(hold.pricedAtMs),
    }));
    const rows = await this.database.money<Row>(PLACE_HOLDS, [
      this.process.id,
      this.config.holdTtlSeconds,
      JSON.stringify(items),
    ]);
    const answers = new Map(rows.map((row) => [row.hold_id, row]));
    return holds.map(({ requestId }) => {
      const row = answers.get(requestId);
      if (!row) return PLACED;
      return { outcome: row.outcome, availableNano: BigInt(row.available_nano ?? 0) };
    });
  }
}
