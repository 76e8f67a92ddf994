import type { TokenUsage } from '../core/token-usage.js';
import { isObject, type JsonValue } from '../core/json.js';
import type { CompletionChoice, CompletionEvent, CompletionResult } from '../protocols/completion.js';
import type { StreamDecoder } from '../protocols/protocol.js';
import type { SseEvent } from '../protocols/sse.js';

/** Stop sequences that the gateway keeps because who serves cannot (mapping row 31). */
export interface KeptStop {
  /** At least one, none of them empty. */
  sequences: readonly string[];
  /** Cancelling the upstream at a stop ends what it costs; else it is read on, for what it reports in the end. */
  cancels: boolean;
}

/** A text delta that is held back, because it may be the beginning of a stop sequence. */
interface HeldDelta {
  text: string;
  logprobs?: JsonValue | undefined;
}

interface TextBlock {
  choice: number;
  held: HeldDelta[];
  /** Its start, until there is text: an answer that stops at once has no empty block. */
  start: CompletionEvent | undefined;
}

/**
 * Ends each answer of a stream at its first stop sequence, as an upstream that knows them would: the sequence itself is not
 * in the text, whatever comes after it is left out. Text that may be the beginning of a sequence is held back until it is
 * known. Once the answer is complete (`isComplete`) the upstream may be cancelled; `usageSoFar` then stands in for its report.
 */
export class StopKeeper implements StreamDecoder {
  private readonly texts = new Map<number, TextBlock>();
  /** Blocks that are open, by how each is ended. */
  private readonly open = new Map<number, 'text-end' | 'thinking-end' | 'tool-end'>();
  private readonly choiceOf = new Map<number, number>();
  /** Answers that were ended here, with their sequence. */
  private readonly stopped = new Map<number, string>();
  private readonly finished = new Set<number>();

  constructor(
    private readonly decoder: StreamDecoder,
    private readonly stop: KeptStop,
    private readonly usageSoFar: () => TokenUsage,
  ) {}

  /** Nothing further of the upstream is wanted. */
  get isComplete(): boolean {
    return this.stop.cancels && this.stopped.size > 0;
  }

  get hasEnded(): boolean {
    return this.decoder.hasEnded === true;
  }

  push(event: SseEvent): CompletionEvent[] {
    return this.decoder.push(event).flatMap((decoded) => this.pass(decoded));
  }

  end(): CompletionEvent[] {
    if (this.isComplete) return this.close();
    return this.decoder.end().flatMap((decoded) => this.pass(decoded));
  }

  /** The end of a stream whose upstream says no more. */
  private close(): CompletionEvent[] {
    const finishes = [...this.stopped.keys()]
      .filter((choice) => !this.finished.has(choice))
      .map((choice) => this.finish(choice));
    return [...finishes, { type: 'usage', usage: this.usageSoFar(), estimated: true }];
  }

  private pass(event: CompletionEvent): CompletionEvent[] {
    switch (event.type) {
      case 'start':
      case 'usage':
        return [event];
      case 'error':
        // The answer was complete before the upstream failed.
        return this.stopped.size > 0 ? this.close() : [event];
      case 'finish': {
        const choice = event.choice ?? 0;
        if (!this.stopped.has(choice)) return [event];
        return this.finished.has(choice) ? [] : [this.finish(choice)];
      }
      default:
        return this.passContent(event);
    }
  }

  private passContent(event: Exclude<CompletionEvent, { type: 'start' | 'usage' | 'error' | 'finish' }>) {
    const choice = 'block' in event ? this.place(event) : (event.choice ?? 0);
    if (this.stopped.has(choice)) return [];
    switch (event.type) {
      case 'text-start':
        this.texts.set(event.block, { choice, held: [], start: event });
        return [];
      case 'text-delta':
        return this.take(event.block, event);
      case 'thinking-start':
        this.open.set(event.block, 'thinking-end');
        return [event];
      case 'tool-start':
        this.open.set(event.block, 'tool-end');
        return [event];
      case 'text-end':
      case 'thinking-end':
      case 'tool-end': {
        const released = this.release(event.block);
        this.open.delete(event.block);
        return [...released, event];
      }
      default:
        return [event];
    }
  }

  /** Which answer a block belongs to; its first event says so. */
  private place(event: { block: number; choice?: number | undefined }): number {
    const known = this.choiceOf.get(event.block);
    if (known !== undefined) return known;
    const choice = event.choice ?? 0;
    this.choiceOf.set(event.block, choice);
    return choice;
  }

  /** More text of a block: what of it is surely no stop sequence, and the end of the answer if it is one. */
  private take(block: number, { text, logprobs }: HeldDelta): CompletionEvent[] {
    const state = this.texts.get(block) ?? {
      choice: this.choiceOf.get(block) ?? 0,
      held: [],
      start: undefined,
    };
    this.texts.set(block, state);
    state.held.push({ text, logprobs });
    const all = state.held.map((delta) => delta.text).join('');
    const found = findStop(all, this.stop.sequences);
    if (found === undefined)
      return this.emit(block, state, all.length - heldLength(all, this.stop.sequences));
    const kept = this.emit(block, state, found.at, true);
    this.stopped.set(state.choice, found.sequence);
    const ends = [...this.open].filter(([open]) => this.choiceOf.get(open) === state.choice);
    for (const [open] of ends) this.open.delete(open);
    return [...kept, ...ends.map(([open, type]): CompletionEvent => ({ type, block: open }))];
  }

  /** The held deltas up to a length; one that reaches beyond it is kept whole, or cut when `isLast`. */
  private emit(block: number, state: TextBlock, length: number, isLast = false): CompletionEvent[] {
    const events: CompletionEvent[] = [];
    if (state.start && length > 0) {
      events.push(state.start);
      this.open.set(block, 'text-end');
      state.start = undefined;
    }
    let left = length;
    while (state.held[0] !== undefined && left > 0) {
      const [delta] = state.held;
      const isWhole = delta.text.length <= left;
      if (!isWhole && delta.logprobs !== undefined && !isLast) break;
      const text = delta.text.slice(0, left);
      events.push({ type: 'text-delta', block, text, ...(isWhole && { logprobs: delta.logprobs }) });
      if (isWhole) state.held.shift();
      else delta.text = delta.text.slice(left);
      left -= text.length;
    }
    return events;
  }

  /** A block ends: what was held back of it was no stop sequence. */
  private release(block: number): CompletionEvent[] {
    const state = this.texts.get(block);
    return state ? this.emit(block, state, Number.POSITIVE_INFINITY) : [];
  }

  private finish(choice: number): CompletionEvent {
    this.finished.add(choice);
    const stopSequence = this.stopped.get(choice);
    return { type: 'finish', reason: 'stop', stopSequence, ...(choice > 0 && { choice }) };
  }
}

/** A whole answer, each of its choices ended at its first stop sequence. What it used stays as it was reported. */
export const cutAtStop = (result: CompletionResult, sequences: readonly string[]): CompletionResult => ({
  ...result,
  choices: result.choices.map((choice) => cutChoice(choice, sequences)),
});

function cutChoice(choice: CompletionChoice, sequences: readonly string[]): CompletionChoice {
  for (const [index, part] of choice.content.entries()) {
    const found = part.type === 'text' ? findStop(part.text, sequences) : undefined;
    if (part.type !== 'text' || found === undefined) continue;
    const before = choice.content.slice(0, index);
    const citations = part.citations?.filter((citation) => endOf(citation) <= found.at);
    const kept = { ...part, text: part.text.slice(0, found.at), citations };
    return {
      content: found.at === 0 ? before : [...before, kept],
      finishReason: 'stop',
      stopSequence: found.sequence,
    };
  }
  return choice;
}

/** Where a citation of OpenAI's form ends in the text; 0 where it does not say. */
function endOf(citation: JsonValue): number {
  if (!isObject(citation)) return 0;
  const { url_citation: inner } = citation;
  const end = isObject(inner) ? inner['end_index'] : citation['end_index'];
  return typeof end === 'number' ? end : 0;
}

/**
 * The sequence that is complete first, as a model that writes from left to right would meet it; of two that end together the
 * longer. So the answer does not depend on how the text was cut into pieces.
 */
function findStop(text: string, sequences: readonly string[]): { at: number; sequence: string } | undefined {
  let found: { at: number; sequence: string; end: number } | undefined;
  for (const sequence of sequences) {
    const at = text.indexOf(sequence);
    if (at === -1) continue;
    const end = at + sequence.length;
    if (found === undefined || end < found.end || (end === found.end && at < found.at))
      found = { at, sequence, end };
  }
  return found;
}

/** How much of a text's end may be the beginning of a sequence. */
function heldLength(text: string, sequences: readonly string[]): number {
  let held = 0;
  for (const sequence of sequences) {
    const most = Math.min(sequence.length - 1, text.length);
    for (let length = most; length > held; length--) {
      if (text.endsWith(sequence.slice(0, length))) {
        held = length;
        break;
      }
    }
  }
  return held;
}
