import type { IncomingHttpHeaders } from 'node:http';
import { nowMs } from '../core/clock.js';
import { FaregateError } from '../core/errors.js';
import { joinBytes } from '../core/join-bytes.js';
import { isObject, tryParseJson } from '../core/json.js';
import type { CompletionResult } from '../protocols/completion.js';
import { disguisedFailure, upstreamFailure } from '../providers/upstream-failure.js';
import { wholeHeaders } from './answer-head.js';
import { Exchange } from './exchange.js';
import { failureOfAnswer } from './failed-answer.js';
import type { Leg, LegReader } from './leg.js';
import { AnswerFailure } from './upstream-attempt.js';

/** The largest whole answer; images in answers are the reason for its size. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** An answer in one piece: collected, read, settled, sent. */
export class WholeExchange extends Exchange {
  openReader(leg: Leg): LegReader {
    return new WholeReader((text) => {
      const result = this.read(leg, text);
      leg.meter.tap.observeResult(result);
      const failure = failureOfAnswer(result);
      if (failure) throw new AnswerFailure(failure);
      this.legDone(leg, '');
    });
  }

  /** A whole answer is sent at its end. */
  protected write(): void {}

  protected close(): void {
    const { identity, meter, ticket, response } = this.call;
    const { body, usage } = this.call.plan.closeWhole();
    const bytes = Buffer.from(body);
    meter.markFirstToken();
    const head = wholeHeaders(ticket, this.serving, identity.warnings, {
      bytes: bytes.length,
      cost: identity.costOf(usage),
    });
    this.complete(() => {
      response.writeHead(200, head);
      response.end(bytes);
    });
  }

  /** A whole answer is sent in one piece, so there is never half of one to break off. */
  protected breakOff(): void {
    this.cut();
  }

  /** The answer. A failure that the vendor sent with status 200 is thrown as the failure it is. */
  private read(leg: Leg, text: string): CompletionResult {
    try {
      return this.call.plan.readWhole(leg.request, leg.speaker, text);
    } catch (error) {
      const parsed = tryParseJson(text);
      const disguised = isObject(parsed) ? disguisedFailure(parsed) : undefined;
      if (disguised === undefined) throw error;
      throw new AnswerFailure(upstreamFailure({ ...disguised, headers: {}, nowMs: nowMs() }));
    }
  }
}

/** Collects one attempt's answer. */
class WholeReader implements LegReader {
  readonly hasEnded = false;
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  constructor(private readonly done: (text: string) => void) {}

  isExpected(headers: IncomingHttpHeaders): boolean {
    return !/^text\/(html|event-stream)\b/i.test(String(headers['content-type'] ?? ''));
  }

  take(read: Buffer): void {
    this.bytes += read.length;
    if (this.bytes > MAX_ANSWER_BYTES)
      throw new FaregateError('upstream', 'The upstream sent an answer that is too large');
    this.chunks.push(read);
  }

  finish(): void {
    this.done(joinBytes(this.chunks).toString('utf8'));
  }
}
