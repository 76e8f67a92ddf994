import type { PriceSheet } from '../catalog/price.js';
import { monotonicMs, nowDate } from '../core/clock.js';
import { uuidv7 } from '../core/ids.js';
import { formatNano } from '../core/money.js';
import { emptyUsage, inputTotal, isComplete, type TokenUsage } from '../core/token-usage.js';
import { isCharged } from './charge-table.js';
import { rateUsage, type RatedUsage } from './rate-usage.js';
import { buildSettlement, type AttemptRecord, type CallStatus, type SettlementCall } from './settlement.js';
import { estimateTokens, UsageTap, type MeasuredUsage } from './usage-tap.js';

/** What metering has to know of an admitted call; a ticket has all of it. */
export interface MeteredCall {
  requestId: string;
  deployment: { id: string; upstreamModel: string; provider: { id: string } };
  listPrices: PriceSheet;
  costPrices: PriceSheet;
  /** Bytes of the request body. */
  bodyBytes: number;
  startedAtMs: number;
  startedAt: number;
}

/** How a call ended, in the words of its settlement. */
export interface CallOutcome {
  status: CallStatus;
  /** Status the caller saw; absent when the caller was gone before one was sent. */
  httpStatus?: number | undefined;
  errorType?: string | undefined;
}

/** Follows one call from dispatch to its end and knows at any moment what it has used. */
export class CallMeter {
  readonly tap = new UsageTap();
  /** The request has been written to an upstream. */
  dispatched = false;
  /** HTTP status of the upstream; absent before it answered. */
  upstreamStatus: number | undefined;
  endUser: string | undefined;
  warnings: readonly string[] = [];
  settled = false;
  /** All tokens of the latest settlement, input and output, cached ones included; 0 before there was one. */
  tokensUsed = 0;
  private readonly eventId = uuidv7();
  private firstTokenAt: number | undefined;
  private latest: { usage: TokenUsage; rated: RatedUsage } | undefined;

  constructor(readonly call: MeteredCall) {}

  /** Marks the first output that went to the caller. */
  markFirstToken(): void {
    this.firstTokenAt ??= monotonicMs();
  }

  /**
   * Price of a usage as decimal text in the price list's currency; undefined while the usage is incomplete. A part
   * of a call is priced in the tier of the whole.
   */
  readonly costOf = (usage: TokenUsage, whole = usage): string | undefined => {
    if (!isComplete(usage)) return undefined;
    const { listPrices } = this.call;
    const rated = usage === whole ? this.rate(usage) : rateUsage(usage, listPrices, inputTotal(whole));
    return formatNano(rated.amountNano);
  };

  /** The answer names its price twice and the settlement once more: a usage is rated once. */
  private rate(usage: TokenUsage): RatedUsage {
    if (this.latest?.usage !== usage) {
      this.latest = { usage, rated: rateUsage(usage, this.call.listPrices) };
    }
    return this.latest.rated;
  }

  /** Input tokens by the size of the body, for where the vendor has not reported them. */
  get inputEstimate(): number {
    return estimateTokens(this.call.bodyBytes);
  }

  /** What the settlement would be if the call ended now; undefined before any output. */
  progress(): SettlementCall | undefined {
    return this.tap.started ? this.settlement({ status: 'unknown', errorType: 'process_lost' }) : undefined;
  }

  /** The settlement of the call as it ended. */
  settlement(outcome: CallOutcome): SettlementCall {
    const { call, tap } = this;
    const charge = isCharged(outcome.status, this.dispatched);
    const used = this.dispatched && (tap.started || outcome.status !== 'failed');
    const measured: MeasuredUsage = used
      ? tap.measure(this.inputEstimate, outcome.status === 'completed')
      : { usage: emptyUsage(), source: 'none' };
    this.tokensUsed = (inputTotal(measured.usage) ?? 0) + (measured.usage.output.total ?? 0);
    const now = monotonicMs();
    return buildSettlement({
      requestId: call.requestId,
      eventId: this.eventId,
      status: outcome.status,
      charge,
      measured,
      rated: this.rate(measured.usage),
      costPrices: call.costPrices,
      occurredAt: nowDate().toISOString(),
      startedAt: new Date(call.startedAtMs).toISOString(),
      firstTokenMs:
        this.firstTokenAt === undefined ? undefined : Math.round(this.firstTokenAt - call.startedAt),
      durationMs: Math.round(now - call.startedAt),
      httpStatus: outcome.httpStatus,
      errorType: outcome.errorType,
      finishReason: tap.finishReason,
      endUser: this.endUser,
      warnings: this.warnings,
      attempts: [this.attempt(outcome, Math.round(now - call.startedAt))],
    });
  }

  private attempt(outcome: CallOutcome, durationMs: number): AttemptRecord {
    const { deployment } = this.call;
    return {
      deploymentId: deployment.id,
      providerId: deployment.provider.id,
      upstreamModel: deployment.upstreamModel,
      outcome: outcome.status === 'completed' ? 'served' : outcome.status,
      status: this.upstreamStatus,
      errorType: outcome.errorType,
      upstreamId: this.tap.upstreamId?.slice(0, 200),
      durationMs,
    };
  }
}
