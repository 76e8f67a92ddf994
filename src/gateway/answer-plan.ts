import type { FaregateError } from '../core/errors.js';
import type { TokenUsage } from '../core/token-usage.js';
import type { CompletionRequest, CompletionResult, ParameterName } from '../protocols/completion.js';
import type { Protocol, ResponseIdentity, StreamRelay } from '../protocols/protocol.js';
import { openRelay, relayWhole, type RelaySides, type Speaker } from './relay.js';

/** One upstream call of an answer, as it is asked for; who serves it is found out by its `Leg`. */
export interface LegRequest {
  /** What is asked, before any model's own limits are applied to it. */
  asked: CompletionRequest;
  /**
   * The caller's own body, where an upstream that speaks the caller's protocol may have it with a few members changed.
   * Absent: the request is written anew for every upstream.
   */
  text?: string | undefined;
  /** Parameters whose wire fields such a body must lose. */
  without?: readonly ParameterName[] | undefined;
}

/** What follows when a leg is complete. */
export interface NextStep {
  /** Wire text for the caller's stream; "" for none. Not looked at when the answer is whole. */
  text: string;
  /** Further upstream calls, begun at once. Without any, and with none running, the answer is complete. */
  legs: readonly LegRequest[];
}

/**
 * How upstream calls become one answer to the caller. One instance per call. Everything that is money, deadlines,
 * retries, hang-ups and backpressure happens around it, in `Exchange` and `Leg`.
 */
export interface AnswerPlan {
  /** The upstream calls to begin with, at once and side by side. */
  first(): readonly LegRequest[];
  /**
   * Carries one leg's stream: what the caller sees of each event. Called once an attempt, so a leg that is tried again
   * gets a new one; nothing of the former has been seen by then.
   */
  openRelay(leg: LegRequest, upstream: Speaker): StreamRelay;
  /** Reads one leg's whole answer. Throws FaregateError of kind `upstream` when it is none. */
  readWhole(leg: LegRequest, upstream: Speaker, text: string): CompletionResult;
  /** A leg is complete. May take its time (a search); a rejection fails the call. */
  next(leg: LegRequest): NextStep | Promise<NextStep>;
  /** The answer breaks off after it began: how its own stream says so; undefined: as its protocol does. */
  failStream(error: FaregateError): string | undefined;
  /** Every leg is complete: the text that ends the stream. */
  closeStream(): string;
  /** Every leg is complete: the whole answer. `usage` is what its price is told of. */
  closeWhole(): { body: string; usage: TokenUsage };
  /** The call ended before the answer did: work outside the legs is to stop. Absent: there is none. */
  cancel?(): void;
}

/** Both ends of an answer. */
export interface AnswerSides {
  client: Protocol;
  identity: ResponseIdentity;
}

const NOTHING_MORE: NextStep = { text: '', legs: [] };

/** One upstream call, one answer: relayed verbatim between equal protocols, else said again. */
export class SinglePlan implements AnswerPlan {
  private relay: StreamRelay | undefined;
  private answer: { body: string; result: CompletionResult } | undefined;

  constructor(
    private readonly leg: LegRequest,
    private readonly sides: AnswerSides,
  ) {}

  first(): readonly LegRequest[] {
    return [this.leg];
  }

  openRelay(_: LegRequest, speaker: Speaker): StreamRelay {
    this.relay = openRelay(this.between(speaker));
    return this.relay;
  }

  readWhole(_: LegRequest, speaker: Speaker, text: string): CompletionResult {
    this.answer = relayWhole(text, this.between(speaker));
    return this.answer.result;
  }

  next(): NextStep {
    return NOTHING_MORE;
  }

  failStream(error: FaregateError): string | undefined {
    return this.relay?.fail?.(error);
  }

  /** The relay has written the end already. */
  closeStream(): string {
    return '';
  }

  closeWhole(): { body: string; usage: TokenUsage } {
    if (!this.answer) throw new Error('the answer is closed before it was read');
    return { body: this.answer.body, usage: this.answer.result.usage };
  }

  private between({ protocol: upstream, quirks, stop, usageSoFar }: Speaker): RelaySides {
    const { client, identity } = this.sides;
    return { client, identity, upstream, quirks, stop, usageSoFar };
  }
}
