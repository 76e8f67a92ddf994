import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { HoldPort, type HoldAnswer } from '../billing/holds/hold-port.js';
import { CatalogService } from '../catalog/catalog.service.js';
import { monotonicMs, nowMs } from '../core/clock.js';
import type { TokenClass } from '../core/token-usage.js';
import { FaregateError, unavailable } from '../core/errors.js';
import { withMembers } from '../core/json.js';
import { MAX_AMOUNT } from '../core/money.js';
import type { CompletionRequest, ProtocolName } from '../protocols/completion.js';
import type { Media } from '../protocols/media.js';
import {
  affordableOutput,
  estimateCall,
  SINGLE_CALL,
  type CallExtent,
  type EstimateQuestion,
} from './estimate.js';
import { limitedScopes } from './limited-scopes.js';
import { RateLimitPort, type RateLimitAnswer, type ScopedLimits } from './rate-limit-port.js';
import { rateLimitRefusal, refusalOf } from './refusal.js';
import type { Candidate, Ticket } from './ticket.js';
import { tokensToReserve } from './token-reservation.js';

/** A call that asks to be let in; who it is and where it may go is already known. */
export interface AdmissionRequest {
  /** UUID of the request; its hold gets the same id. */
  requestId: string;
  principal: Principal;
  protocol: ProtocolName;
  request: CompletionRequest;
  /** Who may serve, the first choice first. Those of the model asked for come before those of other models. */
  candidates: readonly Pick<Candidate, 'model' | 'deployment'>[];
  bodyBytes: number;
  /** What of the body is no text. */
  media: Media;
  /** What the answer takes beyond one upstream call; absent: nothing. */
  extent?: CallExtent | undefined;
  /** What it may do with instead where the balance is short, the furthest first; absent: nothing less. */
  lesserExtents?: readonly CallExtent[] | undefined;
  /** Classes that a candidate must have a price for beside input and output, and what to say when none has. */
  needs?: { classes: readonly TokenClass[]; refusal: FaregateError } | undefined;
}

/** Output below this is not worth starting a call for when the balance cannot pay for more. */
const MIN_CLAMPED_OUTPUT = 256;
/** An answer of this length is worth more than another search. */
const FAIR_OUTPUT = 1_024;

/** May this call be made now: counts it against its limits and holds the most it can cost, or refuses. */
@Injectable()
export class AdmissionService {
  constructor(
    private readonly holds: HoldPort,
    private readonly rateLimits: RateLimitPort,
    private readonly catalog: CatalogService,
  ) {}

  /**
   * Throws FaregateError: 404 unpriced model, 429 above a limit, 401/402/403/429 as the hold was refused,
   * 503 when nobody can say.
   */
  async admit(call: AdmissionRequest): Promise<Ticket> {
    const ticket = this.prepare(call);
    const scopes = limitedScopes(call.principal, ticket.candidates[0].model);
    if (scopes.length === 0) return this.hold(call, ticket);
    const rateLimits = await this.takeLimits(call, ticket, scopes);
    try {
      return await this.hold(call, withMembers(ticket, { rateLimits }));
    } catch (error) {
      rateLimits.end(0);
      throw error;
    }
  }

  private async takeLimits(
    { principal, request, bodyBytes, media }: AdmissionRequest,
    { requestId, candidates }: Ticket,
    scopes: readonly ScopedLimits[],
  ): Promise<RateLimitAnswer> {
    const hasTokenLimit = scopes.some(({ limits }) => limits.tokensPerMinute !== undefined);
    const { maxOutputTokens } = candidates[0];
    const tokens = hasTokenLimit ? tokensToReserve({ request, bodyBytes, media, maxOutputTokens }) : 0;
    const { organizationId } = principal;
    const answer = await this.rateLimits.take({ requestId, organizationId, scopes, tokens });
    if (answer.refusedBy !== undefined) throw rateLimitRefusal(answer, answer.refusedBy);
    return answer;
  }

  private async hold(call: AdmissionRequest, ticket: Ticket): Promise<Ticket> {
    const answer = await this.place(call, ticket);
    if (answer.outcome === 'placed') return ticket;
    return this.admitClamped(call, ticket, answer);
  }

  /**
   * A balance too small for the worst case still buys a shorter answer, or one with fewer searches, when one of some
   * length fits.
   */
  private async admitClamped(call: AdmissionRequest, ticket: Ticket, answer: HoldAnswer): Promise<Ticket> {
    const { profile } = call.principal;
    const isShort = answer.outcome === 'insufficient_balance' || answer.outcome === 'in_flight';
    const clamped = isShort ? clamp(call, ticket, answer.availableNano) : undefined;
    if (clamped === undefined) throw refusalOf(answer.outcome as 'in_flight', profile);
    const second = await this.place({ ...call, extent: clamped.extent }, clamped.ticket);
    if (second.outcome !== 'placed') throw refusalOf(second.outcome, profile);
    return clamped.ticket;
  }

  private async place(call: AdmissionRequest, ticket: Ticket): Promise<HoldAnswer> {
    const { model, deployment } = ticket.candidates[0];
    const worst = dearest(call, ticket.candidates);
    try {
      return await this.holds.place({
        requestId: ticket.requestId,
        apiKeyId: call.principal.keyId,
        // No wallet has more, and none holds the calls up that are placed with this one.
        amountNano: worst > MAX_AMOUNT ? MAX_AMOUNT : worst,
        protocol: call.protocol,
        streamed: call.request.stream,
        modelRequested: call.request.model.slice(0, 200),
        modelId: model.id,
        deploymentId: deployment.id,
        providerId: deployment.provider.id,
        pricedAtMs: ticket.pricedAtMs,
      });
    } catch (error) {
      throw unavailable('Requests cannot be admitted at the moment', error);
    }
  }

  private prepare(call: AdmissionRequest): Ticket {
    const { principal, request } = call;
    const pricedAtMs = this.catalog.pricesAtMs();
    return {
      requestId: call.requestId,
      principal,
      modelRequested: request.model,
      candidates: this.price(call, pricedAtMs),
      ownSearches: call.extent?.ownSearches ?? 0,
      clamped: false,
      bodyBytes: call.bodyBytes,
      media: call.media,
      streamed: request.stream,
      pricedAtMs,
      startedAtMs: nowMs(),
      startedAt: monotonicMs(),
    };
  }

  /** The candidates that have a price. A model without one is refused, never free. */
  private price(call: AdmissionRequest, atMs: number): [Candidate, ...Candidate[]] {
    const { organizationId, currency, groupId } = call.principal;
    const snapshot = this.catalog.snapshot();
    const priced: Candidate[] = [];
    let isPriced = false;
    for (const { model, deployment } of call.candidates) {
      const query = { modelId: model.id, providerId: deployment.provider.id, currency, atMs };
      const listPrices = snapshot.listPrices(withMembers(query, { organizationId, groupId }));
      const hasOutput = call.request.maxOutputTokens !== 0;
      if (!listPrices.has('input') || (hasOutput && !listPrices.has('output'))) continue;
      isPriced = true;
      if (!(call.needs?.classes ?? []).every((tokenClass) => listPrices.has(tokenClass))) continue;
      priced.push({
        model,
        deployment,
        listPrices,
        costPrices: snapshot.costPrices(query),
        maxOutputTokens: Math.min(
          call.request.maxOutputTokens ?? model.defaultMaxTokens ?? model.maxOutputTokens,
          model.maxOutputTokens,
        ),
      });
    }
    const [first, ...others] = priced;
    if (first) return [first, ...others];
    if (isPriced && call.needs) throw call.needs.refusal;
    throw new FaregateError(
      'not_found',
      `The model "${call.candidates[0]?.model.id}" has no price and cannot be used`,
      { param: 'model', code: 'model_not_priced' },
    );
  }
}

/** What the balance covers: as far as the call may go, an answer as long as it can be. Undefined when it covers nothing. */
function clamp(
  call: AdmissionRequest,
  ticket: Ticket,
  availableNano: bigint,
): { ticket: Ticket; extent: CallExtent } | undefined {
  const extents = [call.extent ?? SINGLE_CALL, ...(call.lesserExtents ?? [])];
  const wanted = ticket.candidates[0].maxOutputTokens;
  for (const floor of [FAIR_OUTPUT, MIN_CLAMPED_OUTPUT]) {
    for (const extent of extents) {
      const affordable = ticket.candidates
        .map((candidate): Candidate => {
          const question = questionOf({ ...call, extent }, candidate);
          return { ...candidate, maxOutputTokens: affordableOutput(question, availableNano) };
        })
        .filter(({ maxOutputTokens }, index) =>
          isEnough(maxOutputTokens, index === 0 ? wanted : Infinity, floor),
        );
      const [first, ...others] = affordable;
      if (first?.deployment !== ticket.candidates[0].deployment) continue;
      const candidates = [first, ...others] as const;
      const clamped = first.maxOutputTokens < wanted;
      return { ticket: { ...ticket, candidates, clamped, ownSearches: extent.ownSearches }, extent };
    }
  }
  return undefined;
}

/** All that was wanted, or an answer of some length. */
const isEnough = (output: number, wanted: number, floor: number): boolean =>
  output >= Math.min(wanted, floor) && output > 0;

const questionOf = (call: AdmissionRequest, candidate: Candidate): EstimateQuestion => ({
  request: call.request,
  model: candidate.model,
  prices: candidate.listPrices,
  bodyBytes: call.bodyBytes,
  maxOutputTokens: candidate.maxOutputTokens,
  ...(call.extent ?? SINGLE_CALL),
});

/** The most that the call can cost, whoever serves it: only one candidate's answer is ever charged. */
function dearest(call: AdmissionRequest, candidates: readonly Candidate[]): bigint {
  const amounts = candidates.map((candidate) => estimateCall(questionOf(call, candidate)).amountNano);
  return amounts.reduce((most, amount) => (amount > most ? amount : most));
}
