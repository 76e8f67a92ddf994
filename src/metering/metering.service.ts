import { Injectable } from '@nestjs/common';
import { GatewayProcess } from '../billing/holds/gateway-process.service.js';
import { CallMeter, type CallOutcome, type MeteredCall } from './call-meter.js';
import { SettlementQueue } from './settlement-queue.service.js';

/** What calls used and what that cost: a meter for each, settled exactly once. */
@Injectable()
export class MeteringService {
  constructor(
    private readonly queue: SettlementQueue,
    private readonly process: GatewayProcess,
  ) {}

  /** Starts to follow an admitted call; from here on its hold is kept alive and checkpointed. */
  begin(call: MeteredCall): CallMeter {
    const meter = new CallMeter(call);
    this.process.begin(meter);
    return meter;
  }

  /**
   * Ends the call's hold. `written` is called, a moment later, when the settlement is on disk and no longer depends on
   * this process: nobody may see the end of an answer before. It reaches the database by itself. A second settle of a
   * call does nothing.
   */
  settle(meter: CallMeter, outcome: CallOutcome, written?: () => void): void {
    if (meter.settled) return;
    meter.settled = true;
    this.process.end(meter);
    this.queue.record(meter.settlement(outcome), written);
  }
}
