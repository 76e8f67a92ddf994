import type { IncomingHttpHeaders } from 'node:http';
import type { FaregateError } from '../core/errors.js';
import { publicId } from '../core/ids.js';
import type { RelayedChunk, StreamRelay } from '../protocols/protocol.js';
import { SseParser } from '../protocols/sse.js';
import { streamFailure } from '../providers/upstream-failure.js';
import { streamHeaders } from './answer-head.js';
import { Exchange, type ExchangeCall } from './exchange.js';
import { openRelay } from './relay.js';

/**
 * A streamed answer: each read of the upstream becomes at most one write to the caller. The status is withheld
 * until the first text, so that an early failure keeps its real status. A caller who reads slowly pauses the
 * upstream; nothing is buffered beyond the read at hand.
 */
export class StreamExchange extends Exchange {
  private readonly parser = new SseParser();
  private readonly relay: StreamRelay;
  private stalled: NodeJS.Timeout | undefined;

  constructor(call: ExchangeCall) {
    super(call);
    this.relay = openRelay(call.client, call.upstream, call.identity);
  }

  protected isExpected(headers: IncomingHttpHeaders): boolean {
    return /^text\/event-stream\b/i.test(String(headers['content-type'] ?? ''));
  }

  protected take(chunk: Buffer): void {
    let text = '';
    for (const event of this.parser.push(chunk)) {
      const relayed = this.relay.push(event);
      text += relayed.text;
      const failure = this.observe(relayed);
      if (failure) {
        this.write(text);
        this.fail(failure);
        return;
      }
    }
    this.write(text);
  }

  protected finish(): void {
    let text = '';
    let failure: FaregateError | undefined;
    for (const event of this.parser.end()) {
      const relayed = this.relay.push(event);
      text += relayed.text;
      failure ??= this.observe(relayed);
    }
    const last = failure ? undefined : this.relay.end();
    if (last) {
      text += last.text;
      failure = this.observe(last);
    }
    if (failure) {
      this.write(text);
      this.fail(failure);
      return;
    }
    this.complete(() => {
      this.open();
      this.call.response.end(text);
      clearTimeout(this.stalled);
    });
  }

  protected breakOff(error: FaregateError): void {
    clearTimeout(this.stalled);
    this.call.response.end(
      this.call.client.encodeStreamError(error, publicId('request', this.call.ticket.requestId)),
    );
  }

  /** Lets metering see the events; the failure among them, if any. */
  private observe(relayed: RelayedChunk): FaregateError | undefined {
    let failure: FaregateError | undefined;
    for (const event of relayed.events) {
      this.call.meter.tap.observe(event);
      if (event.type === 'error') failure = streamFailure(event.failure);
    }
    return failure;
  }

  private open(): void {
    const { response, ticket, identity } = this.call;
    if (!response.headersSent) response.writeHead(200, streamHeaders(ticket, identity.warnings));
  }

  private write(text: string): void {
    if (text === '') return;
    const { response, meter } = this.call;
    this.open();
    meter.markFirstToken();
    if (response.write(text)) return;
    this.controller?.pause();
    this.stalled ??= setTimeout(() => this.cut(), this.call.slowReaderTimeoutMs);
    response.once('drain', this.resume);
  }

  private readonly resume = (): void => {
    clearTimeout(this.stalled);
    this.stalled = undefined;
    this.controller?.resume();
  };
}
