import type { PriceSheet } from '../catalog/price.js';
import { inputTotal, type TokenUsage } from '../core/token-usage.js';
import type { MeasuredUsage } from './usage-tap.js';
import { priceFor, rateUsage } from './rate-usage.js';

/** How a call ended (the charge table: C0, CF → failed; C1, C1e → completed; CA → aborted; CU → unknown). */
export type CallStatus = 'completed' | 'aborted' | 'failed' | 'unknown';

/** One try at one deployment. */
export interface AttemptRecord {
  deploymentId: string;
  providerId: string;
  upstreamModel: string;
  outcome: 'served' | 'failed' | 'aborted' | 'unknown';
  /** HTTP status of the upstream; absent when it never answered. */
  status?: number | undefined;
  errorType?: string | undefined;
  upstreamId?: string | undefined;
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
  measured: MeasuredUsage;
  listPrices: PriceSheet;
  costPrices: PriceSheet;
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

/** The argument of the SQL function settle_calls for one call; plain JSON, amounts as decimal digits. */
export type SettlementCall = Record<string, unknown> & { hold: string };

/**
 * Turns the end of a call into its settlement: priced lines for the customer, the provider's price beside each,
 * the request's row and its attempts. Pure, so that a replay from the journal settles exactly the same.
 */
export function buildSettlement(end: CallEnd): SettlementCall {
  const { measured, attempts } = end;
  const serving = attempts.at(-1);
  const cost = rateUsage(measured.usage, end.costPrices);
  const incurred = measured.source === 'none' ? 0n : cost.amountNano;
  const request = {
    status: end.status,
    http_status: end.httpStatus,
    error_type: end.errorType,
    finish_reason: end.finishReason,
    usage_source: measured.source,
    upstream_id: serving?.upstreamId,
    end_user: end.endUser,
    warnings: end.warnings,
    started_at: end.startedAt,
    first_token_ms: end.firstTokenMs,
    duration_ms: end.durationMs,
    deployment: serving?.deploymentId,
    provider: serving?.providerId,
  };
  const rows = attempts.map((attempt, index) => ({
    seq: index + 1,
    deployment: attempt.deploymentId,
    provider: attempt.providerId,
    upstream_model: attempt.upstreamModel,
    outcome: attempt.outcome,
    status: attempt.status,
    error_type: attempt.errorType,
    upstream_id: attempt.upstreamId,
    cost: (index === attempts.length - 1 ? incurred : 0n).toString(),
    duration_ms: attempt.durationMs,
  }));
  const common = { hold: end.requestId, request, attempts: rows };
  if (!end.charge) return { ...common, release: true };
  return { ...common, release: false, ...charge(end) };
}

function charge(end: CallEnd): Record<string, unknown> {
  const { usage, source } = end.measured;
  const rated = rateUsage(usage, end.listPrices);
  const inputTokens = inputTotal(usage) ?? 0;
  const lines = rated.lines.map((line) => {
    const cost = priceFor(end.costPrices, line.tokenClass, inputTokens);
    const costPico = BigInt(line.quantity) * (cost?.unitPricePico ?? 0n);
    return {
      class: line.tokenClass,
      quantity: line.quantity,
      price: line.priceVersionId,
      pico: line.unitPricePico.toString(),
      amount: line.amountNano.toString(),
      cost_price: cost?.id,
      cost: ((costPico + 500n) / 1000n).toString(),
    };
  });
  return {
    event: end.eventId,
    occurred_at: end.occurredAt,
    rated_pico: rated.ratedPico.toString(),
    amount: rated.amountNano.toString(),
    cost: lines.reduce((sum, line) => sum + BigInt(line.cost), 0n).toString(),
    estimated: source !== 'provider',
    tokens: tokensOf(usage),
    lines,
  };
}

function tokensOf(usage: TokenUsage): Record<string, number | undefined> {
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
