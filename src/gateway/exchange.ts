import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Ticket } from '../admission/ticket.js';
import { nowMs } from '../core/clock.js';
import { FaregateError, unavailable } from '../core/errors.js';
import type { CallMeter, CallOutcome } from '../metering/call-meter.js';
import type { Protocol, ResponseIdentity } from '../protocols/protocol.js';
import { upstreamFailure } from '../providers/upstream-failure.js';

/** One admitted call between its caller and the upstream that serves it. */
export interface ExchangeCall {
  ticket: Ticket;
  meter: CallMeter;
  identity: ResponseIdentity;
  client: Protocol;
  upstream: Protocol;
  /** The caller's side. */
  response: ServerResponse;
  /** Settles the call; must be called before the caller can see the end of the answer. */
  settle: (outcome: CallOutcome) => void;
  totalTimeoutMs: number;
  slowReaderTimeoutMs: number;
}

/** An upstream's refusal is read up to this size. */
const MAX_ERROR_BYTES = 64 * 1024;

/** The caller hung up. */
class ClientLeft extends Error {
  override readonly name = 'ClientLeft';
}

/**
 * What streamed and whole exchanges share: the upstream's refusals, the deadline of the whole call, the caller who
 * leaves, and one end. Subclasses say what happens to the bytes of a good answer.
 */
export abstract class Exchange implements Dispatcher.DispatchHandler {
  protected controller: Dispatcher.DispatchController | undefined;
  private refusal:
    { status: number; headers: IncomingHttpHeaders; chunks: Buffer[]; bytes: number } | undefined;
  private readonly deadline: NodeJS.Timeout;
  private ended = false;
  private resolve!: () => void;
  private reject!: (error: FaregateError) => void;
  /** Resolves when the caller has been served or has left; rejects when nothing was sent and an error is due. */
  readonly done: Promise<void>;

  constructor(protected readonly call: ExchangeCall) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    call.response.once('close', this.onClientClose);
    this.deadline = setTimeout(
      () => this.fail(new FaregateError('timeout', 'The request took too long')),
      call.totalTimeoutMs,
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // A caller who left while the request was queued never shows a close again.
    if (this.ended || this.call.response.destroyed) {
      controller.abort(new ClientLeft());
      this.onClientClose();
      return;
    }
    this.call.meter.dispatched = true;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.call.meter.upstreamStatus = status;
    if (status < 300 && !isEncoded(headers) && this.isExpected(headers)) return;
    this.refusal = { status, headers, chunks: [], bytes: 0 };
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.ended) return;
    const { refusal } = this;
    if (!refusal) return this.guard(() => this.take(chunk));
    refusal.bytes += chunk.length;
    if (refusal.bytes <= MAX_ERROR_BYTES) refusal.chunks.push(chunk);
    else this.failRefused();
  }

  onResponseEnd(): void {
    if (this.ended) return;
    if (this.refusal) this.failRefused();
    else this.guard(() => this.finish());
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(transportFailure(error));
  }

  /** Ends the call before it reached an upstream. */
  abandon(error: FaregateError): void {
    this.fail(error);
  }

  /** Whether a 2xx with these headers is an answer of the kind that was asked for. */
  protected abstract isExpected(headers: IncomingHttpHeaders): boolean;
  protected abstract take(chunk: Buffer): void;
  /** The upstream's answer is complete. */
  protected abstract finish(): void;
  /** Says in the caller's stream that the answer ends here. Only called once bytes have been sent. */
  protected abstract breakOff(error: FaregateError): void;

  /** The answer is served in full: settles, then lets `send` write the last bytes. */
  protected complete(send: () => void): void {
    if (!this.close()) return;
    const unrecorded = this.settle({ status: 'completed', httpStatus: 200 });
    if (unrecorded) return this.tell(unrecorded);
    send();
    this.watchReader();
    this.resolve();
  }

  /** The answer cannot be finished: settles and tells the caller, in the stream or by status. */
  protected fail(error: FaregateError): void {
    if (!this.close()) return;
    this.controller?.abort(error);
    this.settle({
      status: 'failed',
      httpStatus: this.call.response.headersSent ? 200 : error.status,
      errorType: error.details.code ?? error.kind,
    });
    this.tell(error);
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

  /** Settles. Answers with an error when the disk refuses: nobody may then see the end of an answer. */
  private settle(outcome: CallOutcome): FaregateError | undefined {
    try {
      this.call.settle(outcome);
      return undefined;
    } catch (error) {
      return unavailable('The request could not be recorded', error);
    }
  }

  /** Cuts a caller who stopped reading. */
  protected cut(): void {
    this.call.response.destroy();
  }

  private readonly onClientClose = (): void => {
    if (!this.close()) return;
    this.controller?.abort(new ClientLeft());
    const { headersSent } = this.call.response;
    this.settle({
      status: 'aborted',
      httpStatus: headersSent ? 200 : undefined,
      errorType: 'client_closed',
    });
    this.resolve();
  };

  /** True the first time. */
  private close(): boolean {
    if (this.ended) return false;
    this.ended = true;
    clearTimeout(this.deadline);
    this.call.response.off('close', this.onClientClose);
    return true;
  }

  /** A codec that meets what no upstream should send throws; that is the upstream's failure. */
  private guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(
        error instanceof FaregateError
          ? error
          : new FaregateError('upstream', 'The upstream sent an answer that could not be read', {
              internal: error,
            }),
      );
    }
  }

  private failRefused(): void {
    const refusal = this.refusal as NonNullable<typeof this.refusal>;
    const body = isEncoded(refusal.headers) ? '' : Buffer.concat(refusal.chunks).toString('utf8');
    if (refusal.status < 300) {
      this.fail(
        new FaregateError('upstream', 'The upstream answered in a form that was not asked for', {
          internal: body.slice(0, 500),
        }),
      );
      return;
    }
    const { upstream } = this.call;
    this.fail(
      upstreamFailure({
        status: refusal.status,
        headers: refusal.headers,
        body: upstream.decodeError(body),
        nowMs: nowMs(),
      }).error,
    );
  }
}

/** Compressed answers are not asked for and not understood. */
const isEncoded = (headers: IncomingHttpHeaders): boolean =>
  !/^(identity)?$/i.test(String(headers['content-encoding'] ?? '').trim());

/** A connection that failed before or while it answered. */
function transportFailure(error: Error): FaregateError {
  const code = (error as { code?: string }).code ?? '';
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return new FaregateError('timeout', 'The upstream took too long to answer', { internal: error });
  }
  return new FaregateError('upstream', 'The upstream could not be reached or broke off', { internal: error });
}
