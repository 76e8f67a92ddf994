import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AdmissionService } from '../admission/admission.service.js';
import { checkAddress, checkModel, checkScope } from '../admission/checks.js';
import type { Ticket } from '../admission/ticket.js';
import type { Principal } from '../auth/principal.js';
import { FaregateError, unavailable } from '../core/errors.js';
import type { CallMeter } from '../metering/call-meter.js';
import { MeteringService } from '../metering/metering.service.js';
import { AppConfig } from '../platform/config/app-config.js';
import { parseJsonBody, readBody } from '../platform/http/request-body.js';
import type { CompletionRequest, ParameterName } from '../protocols/completion.js';
import type { Protocol, ResponseIdentity } from '../protocols/protocol.js';
import { getProtocol } from '../protocols/registry.js';
import { UpstreamClient } from '../providers/upstream.client.js';
import { RoutingService } from '../routing/routing.service.js';
import { effectiveRequest } from './effective-request.js';
import type { Exchange, ExchangeCall } from './exchange.js';
import { answerId } from './identity.js';
import { StreamExchange } from './stream-exchange.js';
import { upstreamBody } from './upstream-body.js';
import { WholeExchange } from './whole-exchange.js';

/** One call as it came in. */
export interface IncomingCall {
  requestId: string;
  protocol: Protocol;
  principal: Principal;
  request: IncomingMessage;
  response: ServerResponse;
}

/** A call that is understood: what is asked for, and in which bytes. */
interface UnderstoodCall {
  request: CompletionRequest;
  text: string;
  bodyBytes: number;
  dropped: ParameterName[];
  /** The output limit in the body; absent when it names none. */
  givenMaxTokens: number | undefined;
}

/** The conductor: understands a call, routes it, admits it against money, lets the upstream answer, settles. */
@Injectable()
export class CompletionsService {
  private readonly running = new Set<Exchange>();
  private callsInside = 0;
  private isLeaving = false;

  constructor(
    private readonly routing: RoutingService,
    private readonly admission: AdmissionService,
    private readonly metering: MeteringService,
    private readonly upstream: UpstreamClient,
    private readonly config: AppConfig,
  ) {}

  /** Resolves when the caller was served or left. Throws FaregateError when nothing was sent and an error is due. */
  async complete(call: IncomingCall): Promise<void> {
    checkScope(call.principal, 'inference');
    checkAddress(call.principal, call.request.socket.remoteAddress);
    const body = await readBody(call.request);
    this.callsInside += 1;
    await this.answer(call, body).finally(() => (this.callsInside -= 1));
  }

  private async answer(call: IncomingCall, body: Buffer): Promise<void> {
    const { text, json } = parseJsonBody(body, call.request.headers['content-type']);
    const asked = call.protocol.decodeRequest(json, call.principal.profile);
    const model = this.routing.resolve(asked.model);
    checkModel(call.principal, model);
    const { request, dropped } = effectiveRequest(asked, model, {
      protocol: call.protocol,
      profile: call.principal.profile,
    });
    const [deployment] = this.routing.plan(request, model, call.principal);
    const ticket = await this.admission.admit({
      requestId: call.requestId,
      principal: call.principal,
      protocol: call.protocol.name,
      request,
      model,
      deployment,
      bodyBytes: body.length,
    });
    const givenMaxTokens = asked.maxOutputTokens;
    await this.serve(call, ticket, { request, text, bodyBytes: body.length, dropped, givenMaxTokens });
  }

  /** From here on money is held: whatever happens, the call is settled. */
  private async serve(call: IncomingCall, ticket: Ticket, understood: UnderstoodCall): Promise<void> {
    const meter = this.metering.begin(ticket);
    try {
      const upstream = getProtocol(ticket.deployment.provider.protocol);
      const { body, warnings } = upstreamBody({ ...understood, ticket, client: call.protocol, upstream });
      const identity = this.identify(call, ticket, meter);
      identity.warnings.push(
        ...loweredLimit(ticket, understood.givenMaxTokens),
        ...understood.request.warnings,
        ...warnings,
      );
      meter.endUser = understood.request.user?.slice(0, 200);
      meter.warnings = identity.warnings;
      const exchangeCall: ExchangeCall = {
        ticket,
        meter,
        identity,
        client: call.protocol,
        upstream,
        response: call.response,
        settle: (outcome) => this.metering.settle(meter, outcome),
        totalTimeoutMs: this.config.upstreamTotalTimeoutMs,
        slowReaderTimeoutMs: this.config.slowReaderTimeoutMs,
      };
      const exchange = ticket.streamed ? new StreamExchange(exchangeCall) : new WholeExchange(exchangeCall);
      const headers = call.protocol === upstream ? forwardedHeaders(call.request.headers, upstream) : {};
      try {
        this.upstream.send(
          { provider: ticket.deployment.provider, protocol: upstream, headers, body },
          exchange,
        );
      } catch (error) {
        exchange.abandon(
          new FaregateError('upstream', 'The upstream could not be called', { internal: error }),
        );
      }
      this.running.add(exchange);
      if (this.isLeaving) exchange.abandon(leaving());
      await exchange.done.finally(() => this.running.delete(exchange));
    } finally {
      ticket.rateLimits?.end(meter.tokensUsed);
      this.metering.settle(meter, { status: 'failed', errorType: 'not_served' });
    }
  }

  /** Calls whose request has come in full and that are not answered yet, those being admitted included. */
  get callsRunning(): number {
    return this.callsInside;
  }

  /** Ends the calls that are still running, and any to come, with an error in their own protocol. */
  abandonRunning(): void {
    this.isLeaving = true;
    for (const exchange of this.running) exchange.abandon(leaving());
  }

  private identify(call: IncomingCall, ticket: Ticket, meter: CallMeter): ResponseIdentity {
    const createdAt = Math.floor(ticket.startedAtMs / 1000);
    return {
      id: answerId(call.protocol.name, ticket.requestId, createdAt),
      createdAt,
      model: ticket.model.id,
      profile: call.principal.profile,
      warnings: [],
      costOf: meter.costOf,
      inputEstimate: meter.inputEstimate,
    };
  }
}

const leaving = (): FaregateError => unavailable('The gateway is restarting');

/** What to say when the caller gets less output than was asked for. */
function loweredLimit({ clamped, maxOutputTokens, model }: Ticket, given: number | undefined): string[] {
  if (clamped) return [`max_tokens was lowered to ${maxOutputTokens}, which is what the balance covers`];
  if (given === undefined || given <= maxOutputTokens) return [];
  return [`max_tokens was lowered to ${maxOutputTokens}, the most that ${model.id} gives`];
}

/** Headers of the caller that an upstream of the same protocol may see; values in plain characters only. */
function forwardedHeaders(headers: IncomingHttpHeaders, protocol: Protocol): Record<string, string> {
  const forwarded: Record<string, string> = {};
  for (const name of protocol.forwardedHeaders) {
    const value = headers[name];
    if (typeof value === 'string' && /^[\w.,;=:/ +-]{1,1000}$/.test(value)) forwarded[name] = value;
  }
  return forwarded;
}
