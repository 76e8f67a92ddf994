import { Injectable } from '@nestjs/common';
import type { Ticket } from '../admission/ticket.js';
import type { JsonObject } from '../core/json.js';
import type { CallMeter } from '../metering/call-meter.js';
import { MeteringService } from '../metering/metering.service.js';
import { AppConfig } from '../platform/config/app-config.js';
import type { ResponseIdentity } from '../protocols/protocol.js';
import { UpstreamClient } from '../providers/upstream.client.js';
import { RoutingService } from '../routing/routing.service.js';
import { CallObserver, type ObservedCall } from '../telemetry/call-observer.service.js';
import type { CallTrace } from '../telemetry/call-trace.js';
import { AbandonedAnswers } from './abandoned-answers.js';
import { measurementOf, savedByCache } from './attempt-report.js';
import type { AnswerShape } from './answer-shape.js';
import type { Exchange, ExchangeCall } from './exchange.js';
import { answerId } from './identity.js';
import type { IncomingCall } from './incoming-call.js';
import { prepareLeg } from './prepare-leg.js';
import { routeOf } from './routes.js';
import { StreamExchange } from './stream-exchange.js';
import type { UnderstoodCall } from './understood-call.js';
import { WholeExchange } from './whole-exchange.js';

/** A call that has been let in. */
export interface AdmittedCall {
  call: IncomingCall;
  ticket: Ticket;
  understood: UnderstoodCall;
  shape: AnswerShape;
  /** Which conversation it belongs to; absent: none that could have a prompt cache. */
  session: string | undefined;
  /** Why it goes where it goes, for its row; absent: nothing but the model was asked for. */
  evidence: JsonObject | undefined;
}

/** Joins an admitted call with all that serves it. */
@Injectable()
export class ExchangesService {
  private readonly abandoned: AbandonedAnswers;

  constructor(
    private readonly routing: RoutingService,
    private readonly metering: MeteringService,
    private readonly upstream: UpstreamClient,
    private readonly config: AppConfig,
    private readonly observer: CallObserver,
  ) {
    const { abandonedAnswerMs, maxRunningCalls } = config;
    this.abandoned = new AbandonedAnswers({
      forMs: abandonedAnswerMs,
      atMost: Math.ceil(maxRunningCalls / 2),
    });
  }

  /** Watches a call that was let in: its trace, and who is to hear of its end. */
  observe({ request, protocol }: IncomingCall, { startedAtMs }: Ticket): ObservedCall {
    const route = routeOf(request.url ?? '');
    return this.observer.begin(request, { route, protocol: protocol.name, startedAtMs });
  }

  /**
   * The exchange between the caller and the upstreams; nothing is asked before it is started. `trace` is absent where
   * nobody collects traces.
   */
  open(
    { call, ticket, understood, shape, session }: AdmittedCall,
    meter: CallMeter,
    trace?: CallTrace,
  ): Exchange {
    const identity = identify(call, ticket, meter);
    const exchangeCall: ExchangeCall = {
      ticket,
      meter,
      identity,
      client: call.protocol,
      plan: shape.compose({ client: call.protocol, identity, meter, ticket }),
      response: call.response,
      prepare: prepareLeg({ understood, ticket, identity, meter, upstream: this.upstream, trace }),
      openWalk: () => this.routing.openWalk(ticket.candidates, session),
      attemptEnded: (candidate, attempt, failure) => {
        const measured = measurementOf(attempt, failure !== undefined);
        const { credentialId } = attempt;
        this.routing.attemptEnded(candidate.deployment, measured, { credentialId, failure, session });
        if (failure === undefined && meter.route?.['sticky'] === true)
          meter.route = { ...meter.route, saved: savedByCache(attempt) };
      },
      settle: (outcome, written) => this.metering.settle(meter, outcome, written),
      totalTimeoutMs: this.config.upstreamTotalTimeoutMs,
      statusHeldMs: this.config.statusHeldMs,
      abandoned: this.abandoned,
      slowReaderTimeoutMs: this.config.slowReaderTimeoutMs,
    };
    return ticket.streamed ? new StreamExchange(exchangeCall) : new WholeExchange(exchangeCall);
  }
}

function identify(call: IncomingCall, ticket: Ticket, meter: CallMeter): ResponseIdentity {
  const createdAt = Math.floor(ticket.startedAtMs / 1000);
  return {
    id: answerId(call.protocol.name, ticket.requestId, createdAt),
    createdAt,
    model: ticket.candidates[0].model.id,
    profile: call.principal.profile,
    warnings: [],
    costOf: meter.costOf,
    inputEstimate: meter.inputEstimate,
  };
}
