import type { IncomingHttpHeaders } from 'node:http';
import { FaregateError } from '../core/errors.js';
import { publicId } from '../core/ids.js';
import { EndOfTurn } from '../platform/http/end-of-turn.js';
import type { RelayedChunk, StreamRelay } from '../protocols/protocol.js';
import { KEEP_ALIVE_COMMENT, SseParser } from '../protocols/sse.js';
import { causeOf, failureOf } from '../providers/upstream-failure.js';
import type { Candidate } from '../admission/ticket.js';
import { streamHeaders } from './answer-head.js';
import { Exchange } from './exchange.js';
import { failureIn } from './failed-answer.js';
import type { Leg, LegReader } from './leg.js';
import { AnswerFailure } from './upstream-attempt.js';

/** No answer is this long: 128,000 tokens with twenty log probabilities each come to half of it. */
const MAX_STREAM_BYTES = 256 * 1024 * 1024;

/** Characters that wait for the end of a turn at most. */
const MAX_UNSENT = 16 * 1024;

/** One for all streams: their writes follow each other. */
const endOfTurn = new EndOfTurn();

/**
 * A streamed answer: what its upstreams bring in one turn of the event loop becomes at most one write to the caller. The
 * status is withheld until the first text, so that an early failure keeps its real status, but not for ever: a caller who
 * waits for a slow first token is sent the status and signs of life meanwhile, and until there is text another upstream may
 * still answer. A caller who reads slowly pauses the upstreams; nothing is buffered beyond the read at hand.
 */
export class StreamExchange extends Exchange {
  private stalled: NodeJS.Timeout | undefined;
  /** Text of this turn. */
  private unsent = '';
  /** Runs while the status is withheld. */
  private held: NodeJS.Timeout | undefined;
  /** Text of the answer has been sent, not only signs of life. */
  private hasBegun = false;

  override start(): void {
    this.held = setTimeout(() => this.sayAlive(), this.call.statusHeldMs);
    super.start();
  }

  openReader(leg: Leg): LegReader {
    const relay = this.call.plan.openRelay(leg.request, leg.speaker);
    return new StreamReader(leg, relay, {
      write: (text) => {
        if (text === '') return;
        leg.shown = true;
        this.write(text);
      },
      done: (text) => this.legDone(leg, text),
    });
  }

  protected write(text: string): void {
    if (text === '') return;
    const { response, meter } = this.call;
    if (response.destroyed) return;
    this.open(this.serving);
    this.hasBegun = true;
    meter.markFirstToken();
    if (this.unsent === '') endOfTurn.add(() => this.flush());
    this.unsent += text;
    // One turn can bring megabytes; whether the caller takes them shows when they are written.
    if (this.unsent.length > MAX_UNSENT) this.flush();
  }

  private flush(): void {
    const { response } = this.call;
    const text = this.unsent;
    this.unsent = '';
    if (text === '' || response.destroyed || response.write(Buffer.from(text))) return;
    for (const leg of this.legs) leg.pause();
    if (this.stalled) return;
    this.stalled = setTimeout(() => this.cut(), this.call.slowReaderTimeoutMs);
    response.once('drain', this.resume);
  }

  protected close(text: string): void {
    const last = text + this.call.plan.closeStream();
    this.complete(() => {
      this.open(this.serving);
      this.endWith(last);
    });
  }

  protected breakOff(error: FaregateError): void {
    const { client, plan, ticket } = this.call;
    const requestId = publicId('request', ticket.requestId);
    this.endWith(plan.failStream(error) ?? client.encodeStreamError(error, requestId));
  }

  /** Sends what is left of this turn, and the end. */
  private endWith(last: string): void {
    clearTimeout(this.stalled);
    const text = this.unsent + last;
    this.unsent = '';
    this.call.response.end(Buffer.from(text));
  }

  protected override get isModelTold(): boolean {
    return this.hasBegun;
  }

  protected override end(): boolean {
    clearTimeout(this.held);
    return super.end();
  }

  /** Sends the head; `serving` undefined: nobody serves yet. */
  private open(serving: Candidate | undefined): void {
    const { response, ticket, identity, client } = this.call;
    if (response.headersSent) return;
    clearTimeout(this.held);
    response.writeHead(200, streamHeaders(ticket, serving, identity.warnings, client.streamContentType));
  }

  private sayAlive(): void {
    const { response, client } = this.call;
    if (response.headersSent || response.destroyed) return;
    this.open(undefined);
    response.write(Buffer.from(client.keepAlive ?? KEEP_ALIVE_COMMENT));
  }

  private readonly resume = (): void => {
    clearTimeout(this.stalled);
    this.stalled = undefined;
    for (const leg of this.legs) leg.resume();
  };
}

/** Where a reader's text goes. */
interface TextSink {
  write(text: string): void;
  /** The stream is complete; `text` is its end. */
  done(text: string): void;
}

/** Reads one attempt's stream: metering sees its events, the caller its text. */
class StreamReader implements LegReader {
  private readonly parser = new SseParser();
  private bytes = 0;
  private failure: FaregateError | undefined;

  constructor(
    private readonly leg: Leg,
    private readonly relay: StreamRelay,
    private readonly sink: TextSink,
  ) {}

  isExpected(headers: IncomingHttpHeaders): boolean {
    return /^text\/event-stream\b/i.test(String(headers['content-type'] ?? ''));
  }

  get hasEnded(): boolean {
    return this.relay.hasEnded === true;
  }

  take(read: Buffer): void {
    this.bytes += read.length;
    if (this.bytes > MAX_STREAM_BYTES)
      throw new FaregateError('upstream', 'The upstream sent a stream that is too large');
    let text = '';
    for (const event of this.parser.push(read)) {
      text += this.observe(this.relay.push(event));
      if (this.failure === undefined && this.relay.isComplete === true) return this.endEarly(text);
    }
    if (this.failure) this.broken(text, this.failure);
    this.leg.meter.noteOutput();
    this.sink.write(text);
  }

  finish(): void {
    let text = '';
    for (const event of this.parser.end()) text += this.observe(this.relay.push(event));
    if (!this.failure) text += this.observe(this.relay.end());
    if (this.failure) this.broken(text, this.failure);
    this.sink.done(text);
  }

  /** The answer is complete before its upstream is: nothing more of it is wanted. */
  private endEarly(text: string): void {
    this.leg.meter.noteOutput();
    const last = this.observe(this.relay.end());
    this.leg.cancel();
    this.sink.done(text + last);
  }

  /** Before any output nothing is shown of what came last: somebody else may still answer. */
  private broken(text: string, error: FaregateError): never {
    if (this.leg.meter.tap.started || this.relay.isPart === true) this.sink.write(text);
    throw new AnswerFailure(failureOf(causeOf(error), error));
  }

  /** Lets metering see the events, those with a failure and after it too. The text of the others is for the caller. */
  private observe({ events, text }: RelayedChunk): string {
    for (const event of events) {
      this.leg.meter.tap.observe(event);
      this.failure ??= failureIn(event);
    }
    return this.failure && this.relay.isPart !== true ? '' : text;
  }
}
