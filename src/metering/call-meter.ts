import type { RunningCall } from '../billing/holds/gateway-process.service.js';
import { isoTime, monotonicMs, nowMs } from '../core/clock.js';
import type { JsonObject } from '../core/json.js';
import { uuidv7 } from '../core/ids.js';
import { formatNano } from '../core/money.js';
import { addUsage, emptyUsage, inputTotal, isComplete, type TokenUsage } from '../core/token-usage.js';
import { likelyInput, type Media } from '../protocols/media.js';
import { AttemptMeter, type MadeAttempt, type MeteredCandidate } from './attempt-meter.js';
import { isCharged } from './charge-table.js';
import { rateCost, rateParts, type RatedCall, type RatedPart } from './rate-parts.js';
import { rateUsage } from './rate-usage.js';
import {
  buildSettlement,
  type AttemptOutcome,
  type CallEnd,
  type CallStatus,
  type SettlementCall,
} from './settlement.js';
import type { MeasuredUsage, UsageSource } from './usage-tap.js';

/** What metering has to know of an admitted call; a ticket has all of it. */
export interface MeteredCall {
  requestId: string;
  /** Who may serve, the first choice first. */
  candidates: readonly [MeteredCandidate, ...MeteredCandidate[]];
  /** Bytes of the request body, and what of it is no text. */
  bodyBytes: number;
  media: Pick<Media, 'bytes' | 'count'>;
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

/** One attempt with how it ended and what it used. */
interface Measured {
  attempt: AttemptMeter;
  outcome: AttemptOutcome;
  measured: MeasuredUsage;
}

/**
 * Follows one client call from its first dispatch to its end, over all its upstream calls, and knows at any moment
 * what it has used. Attempts that gave way to another are no part of the price; all others are, added up.
 */
export class CallMeter implements RunningCall {
  place = -1;
  endUser: string | undefined;
  warnings: readonly string[] = [];
  /** Why the call went where it went, for its row; absent: nothing but the model was asked for. */
  route: JsonObject | undefined;
  settled = false;
  /** All tokens of the latest settlement, input and output, cached ones included; 0 before there was one. */
  tokensUsed = 0;
  /** What the latest settlement was made from. */
  end: CallEnd | undefined;
  private readonly attempts: AttemptMeter[] = [];
  /** What the gateway itself did for the call, beside every upstream. */
  private ownUsage: TokenUsage | undefined;
  private readonly eventId = uuidv7();
  private firstTokenAt: number | undefined;
  private latest: { usage: TokenUsage; rated: RatedCall } | undefined;

  constructor(readonly call: MeteredCall) {}

  /** UUID of the call's hold, which is its request's. */
  get holdId(): string {
    return this.call.requestId;
  }

  /** One more upstream call. */
  attempt(candidate: MeteredCandidate, made: MadeAttempt = {}): AttemptMeter {
    const { bodyBytes = this.call.bodyBytes, credentialId } = made;
    const likelyInput = this.likelyInput(bodyBytes, candidate);
    const attempt = new AttemptMeter(candidate, { likelyInput, credentialId });
    this.attempts.push(attempt);
    return attempt;
  }

  /** Counts something that the gateway did itself and charges for: searches. Adds to what was counted before. */
  addOwnUsage(usage: TokenUsage): void {
    this.ownUsage = this.ownUsage ? addUsage(this.ownUsage, usage) : usage;
  }

  /** Marks the first output that went to the caller. */
  markFirstToken(): void {
    this.firstTokenAt ??= monotonicMs();
  }

  /**
   * Price of a usage as decimal text in the price list's currency; undefined while the usage is incomplete. A part
   * of a call is priced in the tier of the whole; a whole of several upstream calls costs what these cost together.
   */
  readonly costOf = (usage: TokenUsage, whole = usage): string | undefined => {
    if (!isComplete(usage)) return undefined;
    if (usage !== whole) {
      return formatNano(
        rateUsage(usage, this.serving.listPrices, { inputTokens: inputTotal(whole) }).amountNano,
      );
    }
    const billed = this.attempts.filter((attempt) => attempt.outcomeWithin('served') === 'served');
    if (billed.length > 1 || this.ownUsage) {
      return formatNano(this.rate(this.measureAll('served').filter(isBilled)).amountNano);
    }
    const { listPrices, costPrices } = this.serving;
    return formatNano(this.rateOnce({ usage, listPrices, costPrices }).amountNano);
  };

  /** Input tokens that the call is taken for, for where the vendor has not reported them. */
  get inputEstimate(): number {
    return this.likelyInput(this.call.bodyBytes, this.call.candidates[0]);
  }

  /** What the settlement would be if the call ended now; undefined before any output. */
  progress(): SettlementCall | undefined {
    const started = this.ownUsage !== undefined || this.attempts.some(({ tap }) => tap.started);
    return started ? this.settlement({ status: 'unknown', errorType: 'process_lost' }) : undefined;
  }

  /** The settlement of the call as it ended. */
  settlement(outcome: CallOutcome): SettlementCall {
    const { call } = this;
    const all = this.measureAll(outcome.status === 'completed' ? 'served' : outcome.status);
    // A call that failed is charged to nobody; what its last attempt used is still told on its row.
    const billed = outcome.status === 'failed' ? all.slice(-1) : all.filter(isBilled);
    const measured = this.sum(billed);
    const last = (billed.at(-1) ?? all.at(-1))?.attempt;
    const serving = last?.candidate ?? call.candidates[0];
    this.tokensUsed = (inputTotal(measured.usage) ?? 0) + (measured.usage.output.total ?? 0);
    const now = monotonicMs();
    const end: CallEnd = {
      requestId: call.requestId,
      eventId: this.eventId,
      status: outcome.status,
      charge: isCharged(
        outcome.status,
        billed.some(({ attempt }) => attempt.dispatched),
      ),
      measured,
      rated: this.rate(billed),
      serving,
      heldModel: call.candidates[0].model.id,
      route: this.route,
      upstreamId: last?.tap.upstreamId?.slice(0, 200),
      occurredAt: isoTime(nowMs()),
      startedAt: new Date(call.startedAtMs).toISOString(),
      firstTokenMs:
        this.firstTokenAt === undefined ? undefined : Math.round(this.firstTokenAt - call.startedAt),
      durationMs: Math.round(now - call.startedAt),
      httpStatus: outcome.httpStatus,
      errorType: outcome.errorType,
      finishReason: last?.tap.finishReason,
      endUser: this.endUser,
      warnings: this.warnings,
      attempts: all.map((one) => one.attempt.record(one.outcome, outcome.errorType, costOf(one))),
    };
    this.end = end;
    return buildSettlement(end);
  }

  /** Whose prices and name the answer carries: the latest attempt's, before there is one the first choice's. */
  private get serving(): MeteredCandidate {
    return this.attempts.at(-1)?.candidate ?? this.call.candidates[0];
  }

  /** No model reads more than its context window. */
  private likelyInput(bodyBytes: number, { model }: MeteredCandidate): number {
    return Math.min(likelyInput(bodyBytes, this.call.media), model.contextWindow);
  }

  private measureAll(callOutcome: AttemptOutcome): Measured[] {
    return this.attempts.map((attempt) => {
      const outcome = attempt.outcomeWithin(callOutcome);
      return { attempt, outcome, measured: attempt.measure(outcome) };
    });
  }

  private sum(billed: readonly Measured[]): MeasuredUsage {
    const [only] = billed;
    if (billed.length === 1 && only && !this.ownUsage) return only.measured;
    const sources = billed.map(({ measured }) => measured.source);
    const source: UsageSource = sources.includes('estimate')
      ? 'estimate'
      : sources.includes('provider')
        ? 'provider'
        : 'none';
    const usages = billed.map(({ measured }) => measured.usage);
    if (this.ownUsage) usages.push(this.ownUsage);
    return { usage: usages.reduce(addUsage, emptyUsage()), source };
  }

  private rate(billed: readonly Measured[]): RatedCall {
    const parts = billed.map(({ attempt, measured }) => attempt.part(measured));
    const { listPrices, costPrices } = this.serving;
    if (this.ownUsage) parts.push({ usage: this.ownUsage, listPrices, costPrices });
    const [only] = parts;
    return parts.length === 1 && only ? this.rateOnce(only) : rateParts(parts);
  }

  /** The answer names its price twice and the settlement once more: a usage is rated once. */
  private rateOnce(part: RatedPart): RatedCall {
    if (this.latest?.usage !== part.usage) this.latest = { usage: part.usage, rated: rateParts([part]) };
    return this.latest.rated;
  }
}

/** Whether an attempt is part of the call's price: it served, or it was under way when the call ended. */
const isBilled = ({ outcome }: Measured): boolean => outcome !== 'failed';

/** What the provider takes from us for one attempt, as far as is known. */
const costOf = ({ attempt, measured }: Measured): bigint =>
  measured.source === 'none' ? 0n : rateCost(attempt.part(measured)).amountNano;
