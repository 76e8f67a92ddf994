import type { FaregateError } from '../core/errors.js';
import { addUsage, emptyUsage, isComplete, mergeUsage, type TokenUsage } from '../core/token-usage.js';
import type { CompletionEvent, CompletionResult } from '../protocols/completion.js';
import type { RelayedChunk, StreamEncoder, StreamRelay } from '../protocols/protocol.js';
import type { AnswerPlan, AnswerSides, LegRequest, NextStep } from './answer-plan.js';
import { decodeWhole, openDecoder, relayOver, withCallersName, type Speaker } from './relay.js';

const NOTHING_MORE: NextStep = { text: '', legs: [] };

/** A leg that asks for one answer, whatever the caller asked for. */
export const oneAnswer = (leg: LegRequest): LegRequest => ({
  ...leg,
  asked: { ...leg.asked, choiceCount: undefined },
  without: ['choiceCount'],
});

/**
 * Several answers from upstreams that give one at a time (mapping row 33): one leg an answer, side by side, their
 * events in one stream under the number of their answer. The usage of all is shown, and charged, as one.
 */
export class FanOutPlan implements AnswerPlan {
  private readonly legs: LegRequest[];
  private readonly results = new Map<LegRequest, CompletionResult>();
  private readonly usages = new Map<LegRequest, TokenUsage>();
  private encoder: StreamEncoder | undefined;
  private started = false;
  /** Block numbers are unique in the caller's stream, over all its answers. */
  private nextBlock = 0;

  constructor(
    /** Asks for one answer. */
    leg: LegRequest,
    answers: number,
    private readonly sides: AnswerSides,
  ) {
    this.legs = Array.from({ length: answers }, () => ({ ...leg }));
  }

  first(): readonly LegRequest[] {
    return this.legs;
  }

  openRelay(leg: LegRequest, speaker: Speaker): StreamRelay {
    const { identity } = this.sides;
    const decoder = openDecoder(speaker, identity);
    this.usages.delete(leg);
    const blocks = new Map<number, number>();
    const relay = (events: CompletionEvent[]): RelayedChunk => {
      let text = '';
      for (const event of events)
        text += this.encode(leg, withCallersName(event, identity.toolNames), blocks);
      return { events, text };
    };
    return relayOver(decoder, relay);
  }

  readWhole(leg: LegRequest, speaker: Speaker, text: string): CompletionResult {
    const result = decodeWhole(text, speaker, this.sides.identity);
    this.results.set(leg, result);
    return result;
  }

  next(): NextStep {
    return NOTHING_MORE;
  }

  failStream(error: FaregateError): string | undefined {
    return this.encoder?.fail?.(error);
  }

  closeStream(): string {
    const usage = this.total([...this.usages.values()]);
    return (usage ? this.write({ type: 'usage', usage }) : '') + this.encoderOf().end();
  }

  closeWhole(): { body: string; usage: TokenUsage } {
    const results = this.legs.map((leg) => this.results.get(leg) as CompletionResult);
    const usage = this.total(results.map((result) => result.usage)) ?? emptyUsage();
    const { client, identity } = this.sides;
    const merged: CompletionResult = {
      id: results[0]?.id,
      model: results[0]?.model,
      choices: results.flatMap(({ choices }) => choices.slice(0, 1)),
      usage,
    };
    return { body: JSON.stringify(client.encodeResponse(merged, identity)), usage };
  }

  /** All legs' usage; undefined while one of them has not said its own. */
  private total(usages: TokenUsage[]): TokenUsage | undefined {
    if (usages.length < this.legs.length || !usages.every(isComplete)) return undefined;
    return usages.reduce(addUsage, emptyUsage());
  }

  private encode(leg: LegRequest, event: CompletionEvent, blocks: Map<number, number>): string {
    switch (event.type) {
      case 'error':
        return '';
      case 'usage':
        this.usages.set(leg, mergeUsage(this.usages.get(leg) ?? emptyUsage(), event.usage));
        return '';
      case 'start':
        if (this.started) return '';
        this.started = true;
        return this.write(event);
      default:
        return this.write(this.renumber(leg, event, blocks));
    }
  }

  private renumber(leg: LegRequest, event: CompletionEvent, blocks: Map<number, number>): CompletionEvent {
    const choice = this.legs.indexOf(leg);
    if (!('block' in event)) return { ...event, choice } as CompletionEvent;
    let block = blocks.get(event.block);
    if (block === undefined) {
      block = this.nextBlock++;
      blocks.set(event.block, block);
    }
    return { ...event, block, choice } as CompletionEvent;
  }

  private write(event: CompletionEvent): string {
    return this.encoderOf().push(event);
  }

  private encoderOf(): StreamEncoder {
    this.encoder ??= this.sides.client.streamEncoder(this.sides.identity);
    return this.encoder;
  }
}
