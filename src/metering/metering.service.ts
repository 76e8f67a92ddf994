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
    this.process.begin(call.requestId, meter);
    return meter;
  }

  /**
   * Ends the call's hold. When this returns, the settlement is on disk and no longer depends on this process; it
   * reaches the database by itself. A second call does nothing.
   */
  settle(meter: CallMeter, outcome: CallOutcome): void {
    if (meter.settled) return;
    meter.settled = true;
    this.process.end(meter.call.requestId);
    this.queue.record(meter.settlement(outcome));
  }
}
