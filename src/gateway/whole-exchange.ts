import type { IncomingHttpHeaders } from 'node:http';
import { nowMs } from '../core/clock.js';
import { FaregateError } from '../core/errors.js';
import { isObject, tryParseJson } from '../core/json.js';
import { disguisedFailure, upstreamFailure } from '../providers/upstream-failure.js';
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
    const { identity, meter, ticket, response } = this.call;
    const text = (
      this.chunks.length === 1 ? (this.chunks[0] as Buffer) : Buffer.concat(this.chunks)
    ).toString('utf8');
    const { body, result } = this.read(text);
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

  /** The answer in both forms. A failure that the vendor sent with status 200 is thrown as the failure it is. */
  private read(text: string): ReturnType<typeof relayWhole> {
    const { client, upstream, identity } = this.call;
    try {
      return relayWhole(text, { client, upstream }, identity);
    } catch (error) {
      const parsed = tryParseJson(text);
      const disguised = isObject(parsed) ? disguisedFailure(parsed) : undefined;
      if (disguised === undefined) throw error;
      throw upstreamFailure({ ...disguised, headers: {}, nowMs: nowMs() }).error;
    }
  }

  /** A whole answer is sent in one piece, so there is never half of one to break off. */
  protected breakOff(): void {
    this.cut();
  }
}
