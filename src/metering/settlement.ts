import type { JsonObject } from '../core/json.js';
import { formatNano } from '../core/money.js';
import type { TokenUsage } from '../core/token-usage.js';
import type { BilledLine, RatedCall } from './rate-parts.js';
import type { MeasuredUsage } from './usage-tap.js';

/** How a call ended (the charge table: C0, CF → failed; C1, C1e → completed; CA → aborted; CU → unknown). */
export type CallStatus = 'completed' | 'aborted' | 'failed' | 'unknown';

/** How one try at one deployment ended. */
export type AttemptOutcome = 'served' | 'failed' | 'aborted' | 'unknown';

/** One try at one deployment. */
export interface AttemptRecord {
  deploymentId: string;
  providerId: string;
  /** Absent: the provider needs none. */
  credentialId?: string | undefined;
  upstreamModel: string;
  outcome: AttemptOutcome;
  /** HTTP status of the upstream; absent when it never answered. */
  status?: number | undefined;
  errorType?: string | undefined;
  upstreamId?: string | undefined;
  /** What the provider takes from us for it, as far as is known. */
  costNano: bigint;
  durationMs: number;
}

/** Everything about a finished call that its settlement needs. */
export interface CallEnd {
  /** UUID of the request and of its hold. */
  requestId: string;
  /** UUID of the usage event; made before the first try to record it, so that repeating is harmless. */
  eventId: string;
  status: CallStatus;
  /** Whether the customer pays (charge table). */
  charge: boolean;
  /** What all billed upstream calls used together. */
  measured: MeasuredUsage;
  /** That usage at the customer's and at the providers' prices. */
  rated: RatedCall;
  /** Who served, or was tried last, or would have been. */
  serving: { model: { id: string }; deployment: { id: string; provider: { id: string } } };
  /** The model that the hold was placed for. */
  heldModel: string;
  /** Why the call went where it went; absent: nothing but the model was asked for. */
  route?: JsonObject | undefined;
  /** The serving upstream's id of its answer. */
  upstreamId?: string | undefined;
  /** ISO text. */
  occurredAt: string;
  startedAt: string;
  firstTokenMs?: number | undefined;
  durationMs: number;
  httpStatus?: number | undefined;
  errorType?: string | undefined;
  finishReason?: string | undefined;
  endUser?: string | undefined;
  warnings: readonly string[];
  attempts: readonly AttemptRecord[];
}

/** What the SQL function settle_calls is told of one call; plain JSON, amounts as decimal digits. */
export interface SettlementCall {
  /** UUID of the hold and of the request. */
  hold: string;
  /** True: nothing is charged, and there is neither an event nor anything that belongs to one. */
  release: boolean;
  request: SettledRequest;
  attempts: readonly SettledAttempt[];
  event?: string | undefined;
  occurred_at?: string | undefined;
  rated_pico?: string | undefined;
  amount?: string | undefined;
  cost?: string | undefined;
  estimated?: boolean | undefined;
  raw_usage?: Record<string, unknown> | undefined;
  tokens?: SettledTokens | undefined;
  lines?: readonly SettledLine[] | undefined;
}

/** The request's row, of which the rest is in its hold. */
export interface SettledRequest {
  status: CallStatus;
  http_status: number | undefined;
  error_type: string | undefined;
  finish_reason: string | undefined;
  usage_source: string;
  upstream_id: string | undefined;
  end_user: string | undefined;
  warnings: readonly string[];
  started_at: string;
  first_token_ms: number | undefined;
  duration_ms: number;
  deployment: string;
  provider: string;
  /** Absent: the model of the hold. */
  model: string | undefined;
  route: JsonObject | undefined;
}

/** One try at one deployment. */
export interface SettledAttempt {
  seq: number;
  deployment: string;
  provider: string;
  credential: string | undefined;
  upstream_model: string;
  outcome: AttemptOutcome;
  status: number | undefined;
  error_type: string | undefined;
  upstream_id: string | undefined;
  cost: string;
  duration_ms: number;
}

/** One priced line of the event. */
export interface SettledLine {
  class: string;
  quantity: number;
  price: string;
  pico: string;
  amount: string;
  cost_price: string | undefined;
  cost: string;
}

/** Tokens by class, and searches; absent: the vendor has no such count. */
export interface SettledTokens {
  input: number | undefined;
  cache_read: number | undefined;
  cache_write_5m: number | undefined;
  cache_write_1h: number | undefined;
  output: number | undefined;
  reasoning: number | undefined;
  searches: number | undefined;
}

/**
 * Turns the end of a call into its settlement: priced lines for the customer, the provider's price beside each,
 * the request's row and its attempts. Pure, so that a replay from the journal settles exactly the same.
 */
export function buildSettlement(end: CallEnd): SettlementCall {
  const { measured, rated, serving } = end;
  const request = {
    status: end.status,
    http_status: end.httpStatus,
    error_type: storable(end.errorType),
    finish_reason: end.finishReason,
    usage_source: measured.source,
    upstream_id: storable(end.upstreamId),
    end_user: storable(end.endUser),
    warnings: end.warnings.map((warning) => storable(warning)),
    started_at: end.startedAt,
    first_token_ms: end.firstTokenMs,
    duration_ms: end.durationMs,
    deployment: serving.deployment.id,
    provider: serving.deployment.provider.id,
    model: serving.model.id === end.heldModel ? undefined : serving.model.id,
    route: end.route,
  };
  const attempts = end.attempts.map((attempt, index) => ({
    seq: index + 1,
    deployment: attempt.deploymentId,
    provider: attempt.providerId,
    credential: attempt.credentialId,
    upstream_model: attempt.upstreamModel,
    outcome: attempt.outcome,
    status: attempt.status,
    error_type: storable(attempt.errorType),
    upstream_id: storable(attempt.upstreamId),
    cost: attempt.costNano.toString(),
    duration_ms: attempt.durationMs,
  }));
  if (!end.charge) return { hold: end.requestId, release: true, request, attempts };
  return {
    hold: end.requestId,
    release: false,
    request,
    attempts,
    event: end.eventId,
    occurred_at: end.occurredAt,
    rated_pico: rated.ratedPico.toString(),
    amount: rated.amountNano.toString(),
    cost: rated.costNano.toString(),
    estimated: measured.source !== 'provider',
    raw_usage: vendorReport(measured.usage),
    tokens: tokensOf(measured.usage),
    lines: rated.lines.map(lineOf),
  };
}

/** Printable ASCII, which nearly every id and code is. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * A caller's or an upstream's text as PostgreSQL can keep it: jsonb takes neither NUL nor half of a surrogate pair, and
 * one settlement that it refuses would leave its hold open for good.
 */
function storable(text: string): string;
function storable(text: string | undefined): string | undefined;
function storable(text: string | undefined): string | undefined {
  if (text === undefined || PLAIN.test(text)) return text;
  return text.replace(/\0|\p{Surrogate}/gu, '\ufffd');
}

const lineOf = (line: BilledLine): SettledLine => ({
  class: line.tokenClass,
  quantity: line.quantity,
  price: line.priceVersionId,
  pico: line.unitPricePico.toString(),
  amount: line.amountNano.toString(),
  cost_price: line.costPriceVersionId,
  cost: line.costNano.toString(),
});

/** What the vendor said of the call beside its counts; undefined when nothing. */
function vendorReport({ serviceTier, vendorCostNano }: TokenUsage): Record<string, unknown> | undefined {
  if (serviceTier === undefined && vendorCostNano === undefined) return undefined;
  return {
    service_tier: serviceTier,
    ...(vendorCostNano === undefined
      ? {}
      : { cost: formatNano(BigInt(vendorCostNano)), cost_currency: 'USD' }),
  };
}

function tokensOf(usage: TokenUsage): SettledTokens {
  return {
    input: usage.input.noCache,
    cache_read: usage.input.cacheRead,
    cache_write_5m: usage.input.cacheWrite5m,
    cache_write_1h: usage.input.cacheWrite1h,
    output: usage.output.total,
    reasoning: usage.output.reasoning,
    searches: usage.searches,
  };
}
