import type { IncomingHttpHeaders } from 'node:http';
import type { Candidate } from '../admission/ticket.js';
import type { CatalogCredential } from '../catalog/model.js';
import { FaregateError, toFaregateError } from '../core/errors.js';
import type { AttemptMeter, MadeAttempt } from '../metering/attempt-meter.js';
import { causeOf, failureOf, type UpstreamFailure } from '../providers/upstream-failure.js';
import type { RouteStep, RouteWalk, StepLimits } from '../routing/route-walk.js';
import type { LegRequest } from './answer-plan.js';
import type { Speaker } from './relay.js';
import { UpstreamAttempt, type AttemptOwner } from './upstream-attempt.js';

/** What is read at most of an answer that nobody waits for: more than any vendor sends in the minute it has. */
const MAX_ABANDONED_BYTES = 32 * 1024 * 1024;

/** Reads one attempt's good answer. */
export interface LegReader {
  isExpected(headers: IncomingHttpHeaders): boolean;
  /** As AttemptOwner.hasEnded. */
  readonly hasEnded: boolean;
  /** May throw AnswerFailure or FaregateError. */
  take(read: Buffer): void;
  /** The upstream is done. May throw, as above; else the leg is complete. */
  finish(): void;
}

/** A request ready for one candidate's upstream. */
export interface Dispatch extends Speaker {
  /** Bytes of what is asked, where that is not the caller's own body. */
  bodyBytes: number | undefined;
  /** Whether cutting the connection ends what the vendor charges. */
  stopsBillingOnCancel: boolean;
  send(attempt: UpstreamAttempt): void;
}

/** The answer that a leg is part of. */
export interface LegHost {
  /** Makes the request for a candidate. Throws FaregateError when its upstream cannot be asked this. */
  prepare(leg: LegRequest, candidate: Candidate, credential: CatalogCredential | undefined): Dispatch;
  meterAttempt(candidate: Candidate, made: MadeAttempt): AttemptMeter;
  openReader(leg: Leg): LegReader;
  limits(leg: Leg): StepLimits;
  /** How an attempt ended, for whoever watches the health of upstreams; a failure is absent when it served. */
  attemptEnded(candidate: Candidate, attempt: AttemptMeter, failure?: UpstreamFailure): void;
  /** The leg cannot be served by anybody. */
  legFailed(leg: Leg, failure: UpstreamFailure): void;
}

/**
 * One upstream call of an answer, tried at one candidate after another until one serves. Once anything of an attempt
 * has gone to the caller (`shown`), its failure is final.
 */
export class Leg implements AttemptOwner {
  /** Something of the latest attempt went to the caller. */
  shown = false;
  meter!: AttemptMeter;
  /** What the latest candidate's upstream speaks. */
  speaker!: Speaker;
  private candidate!: Candidate;
  private attempt: UpstreamAttempt | undefined;
  private reader!: LegReader;
  private stopsBillingOnCancel = true;
  /** An attempt has been sent and has not ended. */
  private isUnderWay = false;
  private isAbandoned = false;
  private abandonedBytes = 0;
  private pauseTimer: NodeJS.Timeout | undefined;

  constructor(
    readonly request: LegRequest,
    private readonly walk: RouteWalk<Candidate>,
    private readonly host: LegHost,
  ) {}

  start(): void {
    const step = this.walk.begin();
    if (step) this.go(step);
  }

  /** Ends it; nothing more is heard of it. An attempt that was refused already, though its refusal still comes, has failed. */
  cancel(): void {
    clearTimeout(this.pauseTimer);
    const refused = this.attempt?.refused;
    this.attempt?.cancel();
    if (!refused) return;
    this.host.attemptEnded(this.candidate, this.meter, refused);
    this.meter.failed(wordFor(refused));
  }

  /** An upstream is at work whom cutting the connection would not keep from charging. */
  get goesOnCosting(): boolean {
    return this.isUnderWay && this.meter.dispatched && !this.stopsBillingOnCancel;
  }

  /** Nobody waits for it any more; it is read to its end all the same, and not tried anywhere else. */
  abandon(): void {
    this.isAbandoned = true;
    this.attempt?.resume();
  }

  pause(): void {
    this.attempt?.pause();
  }

  resume(): void {
    this.attempt?.resume();
  }

  isExpected(headers: IncomingHttpHeaders): boolean {
    return this.reader.isExpected(headers);
  }

  get hasEnded(): boolean {
    return this.reader.hasEnded;
  }

  take(read: Buffer): void {
    if (this.isAbandoned) this.boundAbandoned(read.length);
    this.reader.take(read);
  }

  finish(): void {
    this.reader.finish();
  }

  failed(failure: UpstreamFailure): void {
    this.isUnderWay = false;
    this.host.attemptEnded(this.candidate, this.meter, failure);
    const step =
      this.shown || this.isAbandoned ? undefined : this.walk.after(failure, this.host.limits(this));
    // The last attempt of a call that fails is told with the call's own end. A caller who left pays for what was produced:
    // nothing, when the upstream refused.
    const gaveNothing = this.isAbandoned && !this.meter.tap.started;
    if (step || gaveNothing) this.meter.failed(wordFor(failure));
    if (step) this.follow(step, failure);
    else this.host.legFailed(this, failure);
  }

  /** The reader has read a good answer to its end. */
  served(): void {
    this.meter.served();
    this.host.attemptEnded(this.candidate, this.meter);
  }

  private boundAbandoned(bytes: number): void {
    this.abandonedBytes += bytes;
    if (this.abandonedBytes > MAX_ABANDONED_BYTES)
      throw new FaregateError('upstream', 'An answer that nobody waits for was too large');
  }

  /** Takes a step when its time has come; `led`: the failure that led there. */
  private follow(step: RouteStep<Candidate>, led?: UpstreamFailure): void {
    if (step.waitMs === 0) this.go(step, led);
    else this.pauseTimer = setTimeout(() => this.go(step, led), step.waitMs);
  }

  /** Asks a candidate, or whoever can be asked in its place. */
  private go(step: RouteStep<Candidate>, led?: UpstreamFailure): void {
    try {
      this.dispatch(step);
    } catch (error) {
      const failure = ownFailure(error);
      if (this.isUnderWay) this.notSent(failure);
      const next = this.walk.skip(this.host.limits(this));
      if (next) this.follow(next, led);
      else this.host.legFailed(this, led ?? failure);
    }
  }

  /** An attempt was made that its upstream's settings or credential forbid. */
  private notSent(failure: UpstreamFailure): void {
    this.isUnderWay = false;
    this.meter.failed(wordFor(failure));
    this.host.attemptEnded(this.candidate, this.meter, failure);
  }

  private dispatch({ candidate, credential }: RouteStep<Candidate>): void {
    const dispatch = this.host.prepare(this.request, candidate, credential);
    this.candidate = candidate;
    const { protocol, quirks, stop } = dispatch;
    this.speaker = stop
      ? { protocol, quirks, stop, usageSoFar: () => this.meter.measure('served').usage }
      : dispatch;
    this.meter = this.host.meterAttempt(candidate, {
      bodyBytes: dispatch.bodyBytes,
      credentialId: credential?.id,
    });
    this.reader = this.host.openReader(this);
    this.attempt = new UpstreamAttempt(dispatch.protocol, this.meter, this);
    this.stopsBillingOnCancel = dispatch.stopsBillingOnCancel;
    this.isUnderWay = true;
    dispatch.send(this.attempt);
  }
}

/** A failure as the attempt's row names it. */
const wordFor = ({ error }: UpstreamFailure): string => error.details.code ?? error.kind;

/** Nobody could be asked. */
function ownFailure(refusal: unknown): UpstreamFailure {
  const error = toFaregateError(refusal);
  return failureOf(causeOf(error), error);
}
