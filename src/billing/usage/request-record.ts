import { formatMultiplier } from '../../catalog/groups/group.js';
import type { JsonObject } from '../../core/json.js';
import { publicId } from '../../core/ids.js';
import { formatNano, formatPico, formatUnitPrice, type PriceUnit } from '../../core/money.js';

/** The end of a call, or `in_progress` while its money is still held. */
export const REQUEST_STATUSES = ['in_progress', 'completed', 'aborted', 'failed', 'unknown'] as const;
/** One of them. unknown: its process died, and it was settled by what it last wrote down. */
export type RequestStatus = (typeof REQUEST_STATUSES)[number];

/** One call as it is listed. */
export interface RequestRecord {
  /** UUIDs. */
  id: string;
  organizationId: string;
  projectId: string;
  keyId: string;
  deploymentId: string;
  /** Slug. */
  provider: string;
  protocol: string;
  streamed: boolean;
  modelRequested: string;
  model: string;
  status: RequestStatus;
  httpStatus: number | null;
  errorType: string | null;
  finishReason: string | null;
  usageSource: string | null;
  endUser: string | null;
  warnings: string[];
  upstreamId: string | null;
  startedAt: Date;
  firstTokenMs: number | null;
  durationMs: number | null;
  /** What was set aside, and what of it still is: an open hold. */
  heldNano: bigint | null;
  /** What was charged and what the house bore; null while it runs or when nothing was charged. */
  amountNano: bigint | null;
  absorbedNano: bigint | null;
  currency: string;
}

/** One line of a charge's arithmetic. */
export interface ChargeLine {
  tokenClass: string;
  quantity: bigint;
  unitPricePico: bigint;
  priceVersionId: string;
  /** Parts per million of the list price that the key's group pays. */
  multiplierPpm: bigint;
  /** UUID of the list price that was multiplied, and the price; null: nothing was. */
  basePriceId: string | null;
  basePricePico: bigint | null;
  priceValidFrom: Date;
  amountNano: bigint;
  absorbedNano: bigint;
}

/** One try at a deployment. */
export interface AttemptRecord {
  seq: number;
  deploymentId: string;
  provider: string;
  /** UUID; null: the provider needs none. */
  credentialId: string | null;
  upstreamModel: string;
  outcome: string;
  status: number | null;
  errorType: string | null;
  upstreamId: string | null;
  costNano: bigint;
  durationMs: number;
}

/** One call with everything that made its charge. */
export interface RequestDetail {
  request: RequestRecord;
  /** Why it went where it went; null: nothing but the model was asked for, or it is still running. */
  route: JsonObject | null;
  attempts: AttemptRecord[];
  /** Null when nothing was charged (yet). */
  charge: {
    eventId: string;
    estimated: boolean;
    /** Part of the output; null when the vendor did not say. */
    reasoningTokens: number | null;
    pricedAt: Date;
    reversed: boolean;
    lines: ChargeLine[];
  } | null;
}

/** A call as a list shows it. */
export const showRequest = (request: RequestRecord) => ({
  object: 'request',
  id: publicId('request', request.id),
  organization: publicId('organization', request.organizationId),
  project: publicId('project', request.projectId),
  key: publicId('key', request.keyId),
  protocol: request.protocol,
  streamed: request.streamed,
  model_requested: request.modelRequested,
  model: request.model,
  provider: request.provider,
  deployment: publicId('deployment', request.deploymentId),
  status: request.status,
  http_status: request.httpStatus,
  error_type: request.errorType,
  finish_reason: request.finishReason,
  usage_source: request.usageSource,
  end_user: request.endUser,
  warnings: request.warnings,
  upstream_id: request.upstreamId,
  started_at: request.startedAt.toISOString(),
  first_token_ms: request.firstTokenMs,
  duration_ms: request.durationMs,
  held: request.heldNano === null ? null : formatNano(request.heldNano),
  amount: request.amountNano === null ? null : formatNano(request.amountNano),
  absorbed: request.absorbedNano === null ? null : formatNano(request.absorbedNano),
  currency: request.currency,
});

/** A call with its attempts and the arithmetic of its charge. */
export const showRequestDetail = ({ request, route, attempts, charge }: RequestDetail) => ({
  ...showRequest(request),
  route,
  attempts: attempts.map((attempt) => ({
    seq: attempt.seq,
    deployment: publicId('deployment', attempt.deploymentId),
    provider: attempt.provider,
    credential: attempt.credentialId === null ? null : publicId('providerCredential', attempt.credentialId),
    upstream_model: attempt.upstreamModel,
    outcome: attempt.outcome,
    status: attempt.status,
    error_type: attempt.errorType,
    upstream_id: attempt.upstreamId,
    provider_cost: formatNano(attempt.costNano),
    duration_ms: attempt.durationMs,
  })),
  charge:
    charge === null
      ? null
      : {
          event: publicId('event', charge.eventId),
          estimated: charge.estimated,
          priced_at: charge.pricedAt.toISOString(),
          reversed: charge.reversed,
          lines: charge.lines.map(showChargeLine),
        },
});

/** The arithmetic of one line: quantity × price per unit = exact, rounded once to the nano. */
export function showChargeLine(line: ChargeLine) {
  const ratedPico = line.quantity * line.unitPricePico;
  const unit = line.tokenClass.startsWith('search') ? 'per_call' : 'per_million';
  const perUnit = formatPico(line.unitPricePico);
  return {
    token_class: line.tokenClass,
    quantity: line.quantity.toString(),
    unit_price: formatUnitPrice(line.unitPricePico, unit),
    unit_price_per: unitName(line.tokenClass),
    price: publicId('price', line.priceVersionId),
    price_valid_from: line.priceValidFrom.toISOString(),
    ...showMultiplier(line, unit),
    rated: formatPico(ratedPico),
    amount: formatNano(line.amountNano),
    absorbed: formatNano(line.absorbedNano),
    arithmetic: `${line.quantity} × ${perUnit} = ${formatPico(ratedPico)} → ${formatNano(line.amountNano)}`,
  };
}

/** How the price comes about, where the key's group has a multiplier. */
function showMultiplier(
  { multiplierPpm, basePriceId, basePricePico, unitPricePico }: ChargeLine,
  unit: PriceUnit,
) {
  if (basePriceId === null || basePricePico === null) return {};
  const multiplier = formatMultiplier(multiplierPpm);
  const base = formatPico(basePricePico);
  return {
    list_price: publicId('price', basePriceId),
    list_unit_price: formatUnitPrice(basePricePico, unit),
    price_multiplier: multiplier,
    price_arithmetic: `${base} × ${multiplier} → ${formatPico(unitPricePico)}`,
  };
}

/** What a unit price is for. */
function unitName(tokenClass: string): string {
  if (tokenClass === 'search_full_content') return 'result';
  return tokenClass === 'search' ? 'call' : '1000000 tokens';
}
