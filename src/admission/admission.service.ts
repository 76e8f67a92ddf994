import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { HoldPort, type HoldAnswer } from '../billing/holds/hold-port.js';
import { CatalogService } from '../catalog/catalog.service.js';
import type { CatalogModel, Deployment } from '../catalog/model.js';
import type { PriceSheet } from '../catalog/price.js';
import { monotonicMs, nowMs } from '../core/clock.js';
import { FaregateError, unavailable } from '../core/errors.js';
import type { CompletionRequest, ProtocolName } from '../protocols/completion.js';
import { affordableOutput, estimateCall, type EstimateQuestion } from './estimate.js';
import { isRateLimited, RateLimitPort, type RateLimitAnswer } from './rate-limit-port.js';
import { rateLimitRefusal, refusalOf } from './refusal.js';
import type { Ticket } from './ticket.js';
import { tokensToReserve } from './token-reservation.js';

/** A call that asks to be let in; who it is and where it may go is already known. */
export interface AdmissionRequest {
  /** UUID of the request; its hold gets the same id. */
  requestId: string;
  principal: Principal;
  protocol: ProtocolName;
  request: CompletionRequest;
  model: CatalogModel;
  deployment: Deployment;
  bodyBytes: number;
}

/** Output below this is not worth starting a call for when the balance cannot pay for more. */
const MIN_CLAMPED_OUTPUT = 256;

/** May this call be made now: counts it against its key's limits and holds the most it can cost, or refuses. */
@Injectable()
export class AdmissionService {
  constructor(
    private readonly holds: HoldPort,
    private readonly rateLimits: RateLimitPort,
    private readonly catalog: CatalogService,
  ) {}

  /**
   * Throws FaregateError: 404 unpriced model, 429 above a limit of the key, 401/402/403/429 as the hold was refused,
   * 503 when nobody can say.
   */
  async admit(call: AdmissionRequest): Promise<Ticket> {
    const ticket = this.prepare(call);
    if (!isRateLimited(call.principal.rateLimits)) return this.hold(call, ticket);
    const rateLimits = await this.takeLimits(call, ticket);
    try {
      return await this.hold(call, { ...ticket, rateLimits });
    } catch (error) {
      rateLimits.end(0);
      throw error;
    }
  }

  private async takeLimits(call: AdmissionRequest, ticket: Ticket): Promise<RateLimitAnswer> {
    const { keyId, rateLimits: limits } = call.principal;
    const limit = limits.tokensPerMinute;
    const tokens =
      limit === undefined
        ? 0
        : tokensToReserve({
            request: call.request,
            bodyBytes: call.bodyBytes,
            maxOutputTokens: ticket.maxOutputTokens,
            limit,
          });
    const answer = await this.rateLimits.take({ requestId: ticket.requestId, keyId, limits, tokens });
    if (answer.refusedBy !== undefined) throw rateLimitRefusal(answer, limits);
    return answer;
  }

  private async hold(call: AdmissionRequest, ticket: Ticket): Promise<Ticket> {
    const question: EstimateQuestion = {
      request: call.request,
      model: call.model,
      prices: ticket.listPrices,
      bodyBytes: call.bodyBytes,
      maxOutputTokens: ticket.maxOutputTokens,
    };
    const answer = await this.place(call, ticket, question);
    if (answer.outcome === 'placed') return ticket;
    return this.admitClamped(call, ticket, question, answer);
  }

  /** A balance too small for the worst case still buys a shorter answer, when one of some length fits. */
  private async admitClamped(
    call: AdmissionRequest,
    ticket: Ticket,
    question: EstimateQuestion,
    answer: HoldAnswer,
  ): Promise<Ticket> {
    const { profile } = call.principal;
    const isShort = answer.outcome === 'insufficient_balance' || answer.outcome === 'in_flight';
    const output = isShort ? affordableOutput(question, answer.availableNano) : 0;
    if (answer.outcome === 'placed' || output < MIN_CLAMPED_OUTPUT)
      throw refusalOf(answer.outcome as 'in_flight', profile);
    const clamped: Ticket = { ...ticket, maxOutputTokens: output, clamped: true };
    const second = await this.place(call, clamped, { ...question, maxOutputTokens: output });
    if (second.outcome !== 'placed') throw refusalOf(second.outcome, profile);
    return clamped;
  }

  private async place(
    call: AdmissionRequest,
    ticket: Ticket,
    question: EstimateQuestion,
  ): Promise<HoldAnswer> {
    try {
      return await this.holds.place({
        requestId: ticket.requestId,
        apiKeyId: call.principal.keyId,
        amountNano: estimateCall(question).amountNano,
        protocol: call.protocol,
        streamed: call.request.stream,
        modelRequested: call.request.model.slice(0, 200),
        modelId: call.model.id,
        deploymentId: call.deployment.id,
        providerId: call.deployment.provider.id,
        pricedAtMs: ticket.pricedAtMs,
      });
    } catch (error) {
      throw unavailable('Requests cannot be admitted at the moment', error);
    }
  }

  private prepare(call: AdmissionRequest): Ticket {
    const { principal, request, model, deployment } = call;
    const pricedAtMs = this.catalog.databaseNowMs();
    const query = {
      modelId: model.id,
      providerId: deployment.provider.id,
      currency: principal.currency,
      atMs: pricedAtMs,
    };
    const snapshot = this.catalog.snapshot();
    const listPrices = snapshot.listPrices({ ...query, organizationId: principal.organizationId });
    refuseUnpriced(model, listPrices);
    return {
      requestId: call.requestId,
      principal,
      model,
      modelRequested: request.model,
      deployment,
      listPrices,
      costPrices: snapshot.costPrices(query),
      maxOutputTokens: Math.min(
        request.maxOutputTokens ?? model.defaultMaxTokens ?? model.maxOutputTokens,
        model.maxOutputTokens,
      ),
      clamped: false,
      bodyBytes: call.bodyBytes,
      streamed: request.stream,
      pricedAtMs,
      startedAtMs: nowMs(),
      startedAt: monotonicMs(),
    };
  }
}

/** A model without a price is refused, never free. */
function refuseUnpriced(model: CatalogModel, prices: PriceSheet): void {
  if (prices.has('input') && prices.has('output')) return;
  throw new FaregateError('not_found', `The model "${model.id}" has no price and cannot be used`, {
    param: 'model',
    code: 'model_not_priced',
  });
}
