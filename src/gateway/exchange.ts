import type { Candidate, Ticket } from '../admission/ticket.js';
import { monotonicMs } from '../core/clock.js';
import { FaregateError, toFaregateError, unavailable } from '../core/errors.js';
import type { Listed } from '../core/live-list.js';
import type { CatalogCredential } from '../catalog/model.js';
import type { AttemptMeter, MadeAttempt } from '../metering/attempt-meter.js';
import type { CallMeter, CallOutcome } from '../metering/call-meter.js';
import type { Protocol, ResponseIdentity } from '../protocols/protocol.js';
import type { UpstreamFailure } from '../providers/upstream-failure.js';
import type { RouteWalk, StepLimits } from '../routing/route-walk.js';
import type { AbandonedAnswers } from './abandoned-answers.js';
import type { AnswerPlan, LegRequest, NextStep } from './answer-plan.js';
import type { CallerSide } from './caller-side.js';
import { Leg, type Dispatch, type LegHost, type LegReader } from './leg.js';

/** One admitted call between its caller and the upstreams that serve it. */
export interface ExchangeCall {
  ticket: Ticket;
  meter: CallMeter;
  identity: ResponseIdentity;
  client: Protocol;
  /** How upstream calls become the answer. */
  plan: AnswerPlan;
  /** The caller's side. */
  response: CallerSide;
  /** Makes a leg's request for one candidate. Throws FaregateError when that upstream cannot be asked this. */
  prepare: (leg: LegRequest, candidate: Candidate, credential: CatalogCredential | undefined) => Dispatch;
  /** The ways one leg may go. */
  openWalk: () => RouteWalk<Candidate>;
  /** Hears how each attempt ended; the failure is absent when it served. */
  attemptEnded: (candidate: Candidate, attempt: AttemptMeter, failure?: UpstreamFailure) => void;
  /** Settles the call; the caller may see the end of the answer once `written` is called. */
  settle: (outcome: CallOutcome, written?: () => void) => void;
  totalTimeoutMs: number;
  /** How long a stream's status waits for its first text. */
  statusHeldMs: number;
  /** Where an answer that goes on costing is read on after its caller left. */
  abandoned: AbandonedAnswers;
  slowReaderTimeoutMs: number;
}

/**
 * The caller's side of one call, however many upstream calls its answer takes: the deadline of the whole, the caller
 * who leaves, and one end. Subclasses say what happens to good answers.
 */
export abstract class Exchange implements LegHost, Listed {
  place = -1;
  /** The candidate that is serving, or was tried last. */
  protected serving: Candidate;
  private readonly running = new Set<Leg>();
  private readonly walks: RouteWalk<Candidate>[] = [];
  private legCount = 0;
  /** Steps between legs that have not answered yet. */
  private pending = 0;
  private outcome: CallOutcome | undefined;
  private readonly deadlineAt: number;
  private readonly deadline: NodeJS.Timeout;
  private ended = false;
  /** The caller has left, and answers that cost all the same are read to their end. */
  private abandoned: NodeJS.Timeout | undefined;
  private resolve!: () => void;
  private reject!: (error: FaregateError) => void;
  /** Resolves when the caller has been served or has left; rejects when nothing was sent and an error is due. */
  readonly done: Promise<void>;

  constructor(protected readonly call: ExchangeCall) {
    this.serving = call.ticket.candidates[0];
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    call.response.once('close', this.onClientClose);
    this.deadlineAt = monotonicMs() + call.totalTimeoutMs;
    this.deadline = setTimeout(
      () => this.fail(new FaregateError('timeout', 'The request took too long')),
      call.totalTimeoutMs,
    );
  }

  /** Asks the first upstreams. */
  start(): void {
    // A caller who left before this exchange listened never shows a close again.
    if (this.call.response.destroyed) this.onClientClose();
    else this.launch(this.call.plan.first());
  }

  /** Ends the call from outside. */
  abandon(error: FaregateError): void {
    this.fail(error);
  }

  /** Whether the call has ended with an answer in full. */
  get isComplete(): boolean {
    return this.outcome?.status === 'completed';
  }

  /** Retries that the call's legs have taken so far. */
  get retries(): number {
    return this.walks.reduce((sum, walk) => sum + walk.retries, 0);
  }

  abstract openReader(leg: Leg): LegReader;
  /** Says in the caller's stream that the answer ends here. Only called once bytes have been sent. */
  protected abstract breakOff(error: FaregateError): void;
  /** Sends text between legs or after the last one. */
  protected abstract write(text: string): void;
  /** Every leg is complete: ends the answer. */
  protected abstract close(text: string): void;

  prepare(leg: LegRequest, candidate: Candidate, credential: CatalogCredential | undefined): Dispatch {
    const dispatch = this.call.prepare(leg, candidate, credential);
    this.serving = candidate;
    this.call.identity.model = candidate.model.id;
    return dispatch;
  }

  meterAttempt(candidate: Candidate, made: MadeAttempt): AttemptMeter {
    return this.call.meter.attempt(candidate, made);
  }

  attemptEnded(candidate: Candidate, attempt: AttemptMeter, failure?: UpstreamFailure): void {
    this.call.attemptEnded(candidate, attempt, failure);
  }

  limits(): StepLimits {
    const isModelTold = this.legCount > 1 || this.isModelTold;
    return {
      onlyModel: isModelTold ? this.call.identity.model : undefined,
      timeLeftMs: this.deadlineAt - monotonicMs(),
    };
  }

  legFailed(leg: Leg, { error }: UpstreamFailure): void {
    if (this.abandoned === undefined) this.fail(error);
    else this.abandonedEnded(leg);
  }

  /** Whether the caller has been told which model answers. */
  protected get isModelTold(): boolean {
    return this.call.response.headersSent;
  }

  /** A leg's answer has been read to its end; `text` is what of it has not been sent yet. */
  protected legDone(leg: Leg, text: string): void {
    leg.served();
    if (this.abandoned !== undefined) return this.abandonedEnded(leg);
    this.running.delete(leg);
    // What goes wrong from here on is our own, and no reason to ask an upstream again.
    this.guard(() => {
      const step = this.call.plan.next(leg.request);
      if (!(step instanceof Promise)) return this.advance(text, step);
      this.write(text);
      this.pending += 1;
      void step.then(
        (next) => {
          this.pending -= 1;
          this.guard(() => this.advance('', next));
        },
        (error: unknown) => this.fail(toFaregateError(error)),
      );
    });
  }

  /** The legs under way. */
  protected get legs(): ReadonlySet<Leg> {
    return this.running;
  }

  /** The answer is served in full: settles, then, once that is on disk, lets `send` write the last bytes. */
  protected complete(send: () => void): void {
    if (!this.end()) return;
    const unrecorded = this.settle({ status: 'completed', httpStatus: 200 }, () => {
      send();
      this.watchReader();
      this.resolve();
    });
    if (unrecorded) this.tell(unrecorded);
  }

  /** The answer cannot be finished: settles and tells the caller, in the stream or by status. */
  protected fail(error: FaregateError): void {
    if (this.abandoned !== undefined) return this.leave();
    if (!this.end()) return;
    this.cancelAll();
    this.settle({
      status: 'failed',
      httpStatus: this.call.response.headersSent ? 200 : error.status,
      errorType: error.details.code ?? error.kind,
    });
    this.tell(error);
  }

  /** Cuts a caller who stopped reading. A response that waits for its connection does not say that it was closed. */
  protected cut(): void {
    const { response } = this.call;
    response.destroy();
    if (response.destroyed) this.onClientClose();
  }

  private launch(requests: readonly LegRequest[]): void {
    for (const request of requests) {
      if (this.ended) return;
      const walk = this.call.openWalk();
      const leg = new Leg(request, walk, this);
      this.walks.push(walk);
      this.legCount += 1;
      this.running.add(leg);
      leg.start();
    }
  }

  private advance(text: string, step: NextStep): void {
    if (this.ended || this.abandoned !== undefined) return;
    const isLast = step.legs.length === 0 && this.running.size === 0 && this.pending === 0;
    if (isLast) return this.close(text + step.text);
    this.write(text + step.text);
    this.launch(step.legs);
  }

  private guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(toFaregateError(error));
    }
  }

  /** What is left to send waits for a caller who reads; Node restarts this clock whenever some of it goes out. */
  private watchReader(): void {
    const { response, slowReaderTimeoutMs } = this.call;
    if (response.writableLength > 0) response.setTimeout(slowReaderTimeoutMs, () => response.destroy());
  }

  /** Ends the caller's side with an error, by status or in the stream. */
  private tell(error: FaregateError): void {
    const { response } = this.call;
    if (!response.headersSent) return this.reject(error);
    if (!response.destroyed) {
      this.breakOff(error);
      this.watchReader();
    }
    this.resolve();
  }

  /** Settles. Answers with an error when that cannot be: nobody may then see the end of an answer. */
  private settle(outcome: CallOutcome, written?: () => void): FaregateError | undefined {
    this.outcome = outcome;
    try {
      this.call.settle(outcome, written);
      return undefined;
    } catch (error) {
      return unavailable('The request could not be recorded', error);
    }
  }

  /** Nobody waits any more: cancels what then costs nothing more, and reads the rest for its true cost. */
  private readonly onClientClose = (): void => {
    if (this.ended || this.abandoned !== undefined) return;
    this.call.plan.cancel?.();
    for (const leg of this.running) if (!leg.goesOnCosting) this.drop(leg);
    const forMs = this.running.size === 0 ? 0 : this.call.abandoned.enter();
    if (forMs === 0) return this.leave();
    this.abandoned = setTimeout(() => this.leave(), forMs);
    for (const leg of this.running) leg.abandon();
  };

  private drop(leg: Leg): void {
    leg.cancel();
    this.running.delete(leg);
  }

  private abandonedEnded(leg: Leg): void {
    this.running.delete(leg);
    if (this.running.size === 0) this.leave();
  }

  /** Settles a call whose caller left. */
  private leave(): void {
    if (!this.end()) return;
    if (this.abandoned !== undefined) this.call.abandoned.leave();
    this.cancelAll();
    const { headersSent } = this.call.response;
    this.settle({
      status: 'aborted',
      httpStatus: headersSent ? 200 : undefined,
      errorType: 'client_closed',
    });
    this.resolve();
  }

  private cancelAll(): void {
    for (const leg of this.running) leg.cancel();
    this.call.plan.cancel?.();
  }

  /** True the first time. */
  protected end(): boolean {
    if (this.ended) return false;
    this.ended = true;
    clearTimeout(this.deadline);
    clearTimeout(this.abandoned);
    this.call.response.off('close', this.onClientClose);
    return true;
  }
}
