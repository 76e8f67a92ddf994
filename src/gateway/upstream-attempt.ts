import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { nowMs } from '../core/clock.js';
import { FaregateError } from '../core/errors.js';
import { joinBytes } from '../core/join-bytes.js';
import { isObject, tryParseJson } from '../core/json.js';
import type { LiveList } from '../core/live-list.js';
import type { AttemptMeter } from '../metering/attempt-meter.js';
import type { Protocol } from '../protocols/protocol.js';
import type { UpstreamHandler } from '../providers/upstream.client.js';
import {
  causeOf,
  disguisedFailure,
  failureOf,
  upstreamFailure,
  type UpstreamFailure,
} from '../providers/upstream-failure.js';

/** Who sent an attempt and hears of it. */
export interface AttemptOwner {
  /** Whether a 2xx with these headers is an answer of the kind that was asked for. */
  isExpected(headers: IncomingHttpHeaders): boolean;
  /** The answer has come to its own end: a connection that then breaks, or stays open in silence, takes nothing from it. */
  readonly hasEnded: boolean;
  /** What one read brought of a good answer. May throw: then the answer could not be read. */
  take(read: Buffer): void;
  /** A good answer is complete. May throw, as above. */
  finish(): void;
  /** The upstream refused, broke off or sent what cannot be read. Nothing comes after it. */
  failed(failure: UpstreamFailure): void;
}

/** An upstream's refusal is read up to this size. */
const MAX_ERROR_BYTES = 64 * 1024;
/** The status of a refusal says enough; what its body adds is waited for this long. */
const MAX_ERROR_MS = 2_000;
/** How long an answer that has ended waits for its connection to end as well, so that it can be used again. */
const MAX_ENDING_MS = 1_000;

/** A failure that whoever reads an answer found in it. */
export class AnswerFailure extends Error {
  override readonly name = 'AnswerFailure';

  constructor(readonly failure: UpstreamFailure) {
    super(failure.error.message);
  }
}

/** Nobody wants the answer any more. */
class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

/** What came in place of an answer. */
interface Refusal {
  status: number;
  headers: IncomingHttpHeaders;
  chunks: Buffer[];
  bytes: number;
}

/** One HTTP call to an upstream: reads its refusal, hands on its answer, and ends once. */
export class UpstreamAttempt implements UpstreamHandler {
  place = -1;
  waitsIn: LiveList<UpstreamHandler> | undefined;
  waitsUntil = 0;
  private controller: Dispatcher.DispatchController | undefined;
  private refusal: Refusal | undefined;
  /** Waits for the rest of a refusal, or for the end behind an answer that has ended. */
  private restTimer: NodeJS.Timeout | undefined;
  /** Parts of the answer since the latest read began: vendors put each event of a stream into a part of its own. */
  private parts: Buffer[] = [];
  private ended = false;

  constructor(
    private readonly protocol: Protocol,
    private readonly meter: AttemptMeter,
    private readonly owner: AttemptOwner,
  ) {}

  /** Ends the call to the upstream; its owner hears nothing more of it. */
  cancel(): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.restTimer);
    this.controller?.abort(new Cancelled());
  }

  /** What it was refused with, judged by what has come of that; undefined where it was not, or has ended. */
  get refused(): UpstreamFailure | undefined {
    return this.ended || !this.refusal ? undefined : judge(this.refusal, this.protocol);
  }

  pause(): void {
    this.controller?.pause();
  }

  resume(): void {
    this.controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    this.waitsIn?.delete(this);
    if (this.ended) controller.abort(new Cancelled());
    else this.meter.dispatched = true;
  }

  noConnection(): void {
    const error = new FaregateError('unavailable', 'Every connection to the upstream is in use', {
      code: 'overloaded',
      retryAfterSeconds: 2,
    });
    this.fail(failureOf('overloaded', error));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.meter.upstreamStatus = status;
    if (status < 300 && !isEncoded(headers) && this.owner.isExpected(headers)) return;
    this.refusal = { status, headers, chunks: [], bytes: 0 };
    this.restTimer = setTimeout(() => this.failRefused(), MAX_ERROR_MS);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.ended) return;
    const { refusal } = this;
    if (!refusal) {
      this.parts.push(chunk);
      // All parts of one read come before the next tick.
      if (this.parts.length === 1) process.nextTick(handOn, this);
      return;
    }
    refusal.bytes += chunk.length;
    if (refusal.bytes <= MAX_ERROR_BYTES) refusal.chunks.push(chunk);
    else this.failRefused();
  }

  /** Gives the owner what one read brought; the end of the response was not in it. */
  handOn(): void {
    this.giveParts();
    if (this.ended || this.restTimer !== undefined || !this.owner.hasEnded) return;
    this.restTimer = setTimeout(() => this.endAlone(), MAX_ENDING_MS);
  }

  private giveParts(): void {
    if (this.ended || this.parts.length === 0) return;
    const read = joinBytes(this.parts);
    this.parts = [];
    this.guard(() => this.owner.take(read));
  }

  onResponseEnd(): void {
    this.giveParts();
    if (this.ended) return;
    if (this.refusal) this.failRefused();
    else this.finish();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.giveParts();
    if (this.ended) return;
    // How far the body of a refusal came does not change what was refused.
    if (this.refusal && this.refusal.status >= 300) this.failRefused();
    else if (!this.refusal && this.owner.hasEnded) this.finish();
    else this.fail(transportFailure(error));
  }

  private finish(): void {
    clearTimeout(this.restTimer);
    this.guard(() => {
      this.owner.finish();
      this.ended = true;
    });
  }

  /** The upstream has ended its answer and left the response open. */
  private endAlone(): void {
    this.restTimer = undefined;
    if (!this.owner.hasEnded) return;
    this.finish();
    this.controller?.abort(new Cancelled());
  }

  private fail(failure: UpstreamFailure): void {
    if (this.ended) return;
    this.cancel();
    this.owner.failed(failure);
  }

  /** A codec that meets what no upstream should send throws; that is the upstream's failure. */
  private guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (error instanceof AnswerFailure) this.fail(error.failure);
      else if (error instanceof FaregateError) this.fail(failureOf(causeOf(error), error));
      else this.fail(fault('The upstream sent an answer that could not be read', error));
    }
  }

  private failRefused(): void {
    const { refused } = this;
    if (refused) this.fail(refused);
  }
}

/** What a refusal means. A 200 of another kind than was asked for may be a failure that says so. */
function judge({ status, headers, chunks }: Refusal, protocol: Protocol): UpstreamFailure {
  const text = isEncoded(headers) ? '' : Buffer.concat(chunks).toString('utf8');
  if (status >= 300) {
    return upstreamFailure({ status, headers, body: protocol.decodeError(text), text, nowMs: nowMs() });
  }
  const parsed = tryParseJson(text);
  const disguised = isObject(parsed) ? disguisedFailure(parsed) : undefined;
  if (disguised) return upstreamFailure({ ...disguised, headers, text, nowMs: nowMs() });
  return fault('The upstream answered in a form that was not asked for', text.slice(0, 500));
}

const fault = (message: string, internal: unknown): UpstreamFailure =>
  failureOf('fault', new FaregateError('upstream', message, { internal }));

const handOn = (attempt: UpstreamAttempt): void => attempt.handOn();

/** Compressed answers are not asked for and not understood. */
const isEncoded = (headers: IncomingHttpHeaders): boolean =>
  !/^(identity)?$/i.test(String(headers['content-encoding'] ?? '').trim());

/** A connection that failed before or while it answered. */
function transportFailure(error: Error): UpstreamFailure {
  const code = (error as { code?: string }).code ?? '';
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return failureOf(
      'timeout',
      new FaregateError('timeout', 'The upstream took too long to answer', { internal: error }),
    );
  }
  return fault('The upstream could not be reached or broke off', error);
}
