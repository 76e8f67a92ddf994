import type { IncomingHttpHeaders } from 'node:http';
import { FaregateError } from '../core/errors.js';
import { wholeHeaders } from './answer-head.js';
import { Exchange } from './exchange.js';
import { relayWhole } from './relay.js';

/** The largest whole answer; images in answers are the reason for its size. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** An answer in one piece: collected, read, settled, sent. */
export class WholeExchange extends Exchange {
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  protected isExpected(headers: IncomingHttpHeaders): boolean {
    return !/^text\/(html|event-stream)\b/i.test(String(headers['content-type'] ?? ''));
  }

  protected take(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > MAX_ANSWER_BYTES)
      throw new FaregateError('upstream', 'The upstream sent an answer that is too large');
    this.chunks.push(chunk);
  }

  protected finish(): void {
    const { client, upstream, identity, meter, ticket, response } = this.call;
    const text = (
      this.chunks.length === 1 ? (this.chunks[0] as Buffer) : Buffer.concat(this.chunks)
    ).toString('utf8');
    const { body, result } = relayWhole(text, { client, upstream }, identity);
    meter.tap.observeResult(result);
    meter.markFirstToken();
    const head = wholeHeaders(ticket, identity.warnings, {
      bytes: Buffer.byteLength(body),
      cost: identity.costOf(result.usage),
    });
    this.complete(() => {
      response.writeHead(200, head);
      response.end(body);
    });
  }

  /** A whole answer is sent in one piece, so there is never half of one to break off. */
  protected breakOff(): void {
    this.cut();
  }
}
