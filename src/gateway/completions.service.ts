import { Injectable } from '@nestjs/common';
import { AdmissionService } from '../admission/admission.service.js';
import { checkModel, mayUseModel } from '../admission/checks.js';
import { FaregateError, unavailable } from '../core/errors.js';
import { LiveList } from '../core/live-list.js';
import { MeteringService } from '../metering/metering.service.js';
import { isObject } from '../core/json.js';
import { parseJsonBody } from '../platform/http/request-body.js';
import { mediaOf } from '../protocols/media.js';
import { RoutingService } from '../routing/routing.service.js';
import { shapeAnswer } from './answer-shape.js';
import { carriers } from './carriage.js';
import type { Exchange } from './exchange.js';
import { ExchangesService, type AdmittedCall } from './exchanges.service.js';
import { reportOf } from './finished-call.js';
import type { CallEnd, IncomingCall } from './incoming-call.js';
import { needsOf, sessionOf } from './route-needs.js';
import { SearchingService } from './searching/searching.service.js';
import { understand } from './understood-call.js';

/** The conductor: understands a call, routes it, admits it against money, lets the upstreams answer, settles. */
@Injectable()
export class CompletionsService {
  private readonly running = new LiveList<Exchange>();
  private callsInside = 0;
  private isLeaving = false;

  constructor(
    private readonly routing: RoutingService,
    private readonly admission: AdmissionService,
    private readonly metering: MeteringService,
    private readonly searching: SearchingService,
    private readonly exchanges: ExchangesService,
  ) {}

  /** Resolves when the caller was served or left. Throws FaregateError when nothing was sent and an error is due. */
  async complete(call: IncomingCall, body: Buffer): Promise<CallEnd> {
    this.callsInside += 1;
    return await this.answer(call, body).finally(() => (this.callsInside -= 1));
  }

  private async answer(call: IncomingCall, body: Buffer): Promise<CallEnd> {
    const { text, json } = parseJsonBody(body, call.request.headers['content-type']);
    const { asked, search } = this.searching.setUp(
      call.protocol.decodeRequest(
        call.pathFields ? { ...json, ...call.pathFields } : json,
        call.principal.profile,
      ),
      call.protocol,
    );
    const model = this.routing.resolve(asked.model);
    checkModel(call.principal, model);
    const understood = understand(asked, model, {
      text,
      protocol: call.protocol,
      profile: call.principal.profile,
      headers: call.request.headers,
    });
    const media = mediaOf(understood.request);
    const session = sessionOf(call.principal.organizationId, asked, {
      headers: call.request.headers,
      promptCacheKey: json['prompt_cache_key'],
      bodyBytes: body.length,
    });
    const { candidates, ejected, evidence } = this.routing.plan({
      routing: asked.routing,
      model,
      needs: needsOf(understood.request, media, body.length),
      session,
      caller: call.principal,
      mayUse: (other) => mayUseModel(call.principal, other),
    });
    const planned = search
      ? this.searching.shape(understood, candidates, search)
      : shapeAnswer(understood, candidates);
    const shape = { ...planned, candidates: carriers(understood, planned, ejected) };
    const ticket = await this.admission.admit({
      requestId: call.requestId,
      principal: call.principal,
      protocol: call.protocol.name,
      request: understood.request,
      candidates: shape.candidates,
      extent: shape.extent,
      lesserExtents: shape.lesserExtents,
      needs: shape.needs,
      bodyBytes: body.length,
      media,
    });
    const isComplete = await this.serve({ call, ticket, understood, shape, session, evidence });
    const conditions = evidence?.['conditions'];
    const keepsNothing = isObject(conditions) && conditions['zero_data_retention'] === true;
    return { isComplete, keepsNothing };
  }

  /** From here on money is held: whatever happens, the call is settled. Whether it was answered in full. */
  private async serve(admitted: AdmittedCall): Promise<boolean> {
    const { call, ticket, understood, evidence } = admitted;
    const meter = this.metering.begin(ticket);
    const observed = this.exchanges.observe(call, ticket);
    this.routing.callBegan();
    let exchange: Exchange | undefined;
    try {
      meter.endUser = understood.request.user?.slice(0, 200);
      meter.route = evidence;
      exchange = this.exchanges.open(admitted, meter, observed.trace);
      this.running.add(exchange);
      if (this.isLeaving) exchange.abandon(leaving());
      else exchange.start();
      await exchange.done;
      return exchange.isComplete;
    } finally {
      if (exchange) this.running.delete(exchange);
      this.routing.callEnded(exchange?.retries ?? 0);
      ticket.rateLimits?.end(meter.tokensUsed);
      this.metering.settle(meter, { status: 'failed', errorType: 'not_served' });
      observed.end(reportOf(observed.begin, ticket, meter));
    }
  }

  /** Calls whose request has come in full and that are not answered yet, those being admitted included. */
  get callsRunning(): number {
    return this.callsInside;
  }

  /** Ends the calls that are still running, and any to come, with an error in their own protocol. */
  abandonRunning(): void {
    this.isLeaving = true;
    for (const exchange of this.running.all()) exchange.abandon(leaving());
  }
}

const leaving = (): FaregateError => unavailable('The gateway is restarting');
