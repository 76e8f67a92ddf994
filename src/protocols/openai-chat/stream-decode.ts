import type { JsonObject } from '../../core/json.js';
import { asArray, asObject, asString, isObject, tryParseJson } from '../../core/json.js';
import type { CompletionEvent } from '../completion.js';
import type { StreamDecoder, UpstreamErrorBody, WireQuirks } from '../protocol.js';
import type { SseEvent } from '../sse.js';
import { ChoiceDecoder } from './choice-decoder.js';
import { decodeError, findError, streamFailure } from './error.js';
import { ThinkTagFilter } from './think-tags.js';
import { decodeUsage } from './usage.js';

/** Data of the frame that ends a Chat stream. */
export const DONE = '[DONE]';

/** One frame, read. */
export interface DecodedFrame {
  events: CompletionEvent[];
  /** The parsed chunk; absent for the terminator, an error, or anything after either. */
  chunk?: JsonObject;
  /** Whether the chunk is no longer what the upstream wrote. */
  isChanged?: boolean;
}

/**
 * The usage a chunk reports: in an extra chunk or on the finish chunk (`usage`), in the choice (Moonshot), or
 * under `x_groq`.
 */
export function usageOf(chunk: JsonObject): JsonObject | undefined {
  if (isObject(chunk['usage'])) return chunk['usage'];
  const first = Array.isArray(chunk['choices']) ? asObject(chunk['choices'][0]) : undefined;
  if (isObject(first?.['usage'])) return first['usage'];
  const groq = chunk['x_groq'];
  return isObject(groq) ? asObject(groq['usage']) : undefined;
}

/** Reads a Chat stream of any compatible vendor. A stream that ends without a finish is a failure. */
export class ChatStreamDecoder implements StreamDecoder {
  private readonly choices: ChoiceDecoder[] = [];
  private blocks = 0;
  private started = false;
  private closed = false;
  private readonly thinkTags: ThinkTagFilter | undefined;
  private upstreamId = '';

  constructor(quirks: WireQuirks = {}) {
    this.thinkTags = quirks.thinkTags ? new ThinkTagFilter() : undefined;
  }

  get hasEnded(): boolean {
    return this.closed;
  }

  /** The upstream's own id of the answer; "" until it came. */
  get answerId(): string {
    return this.upstreamId;
  }

  push(event: SseEvent): CompletionEvent[] {
    return this.decode(event).events;
  }

  /** As push, and hands over the parsed chunk so that nobody has to parse it again. */
  decode(event: SseEvent): DecodedFrame {
    if (this.closed) return { events: [] };
    if (event.event === 'error') return { events: this.fail(decodeError(event.data)) };
    // Before it is parsed: an error thrown in every stream costs as much as ten chunks.
    const text = event.data.trim();
    if (text === DONE) return this.done();
    const chunk = tryParseJson(text);
    if (isObject(chunk)) return this.chunk(chunk);
    return {
      events: text === '' ? [] : this.fail({ message: 'The upstream sent a chunk that is not JSON' }),
    };
  }

  end(): CompletionEvent[] {
    if (this.closed) return [];
    const known = this.choices.filter((choice) => choice !== undefined);
    if (known.length > 0 && known.every((choice) => choice.finished)) return [];
    return this.fail({ message: 'The upstream closed the stream before it was complete' });
  }

  private chunk(given: JsonObject): DecodedFrame {
    const chunk = this.thinkTags?.apply(given) ?? given;
    const events: CompletionEvent[] = [];
    const { choices } = chunk;
    const list = Array.isArray(choices) ? choices : [];
    this.start(chunk, list.length > 0, events);
    for (const choice of list) if (isObject(choice)) this.choiceOf(choice).push(choice, events);
    const usage = usageOf(chunk);
    if (usage) events.push({ type: 'usage', usage: decodeUsage(usage, chunk['service_tier']) });
    if ('error' in chunk || 'base_resp' in chunk) {
      const error = findError(chunk);
      if (error)
        return { events: [...events.filter((event) => event.type !== 'finish'), ...this.fail(error)] };
    }
    return { events, chunk, isChanged: chunk !== given };
  }

  /** Azure's first chunk has neither id nor choices; the answer starts with the next one. */
  private start(chunk: JsonObject, hasChoices: boolean, events: CompletionEvent[]): void {
    if (this.started) return;
    const id = asString(chunk['id']) || undefined;
    if (id === undefined && !hasChoices) return;
    this.started = true;
    this.upstreamId = id ?? '';
    events.push({ type: 'start', id, model: asString(chunk['model']) || undefined });
  }

  private choiceOf(choice: JsonObject): ChoiceDecoder {
    const given = choice['index'];
    const index = typeof given === 'number' && given >= 0 && given < 128 ? given : 0;
    return (this.choices[index] ??= new ChoiceDecoder({
      nextBlock: () => this.blocks++,
      answerId: () => this.upstreamId,
      ...(index === 0 ? {} : { choice: index }),
    }));
  }

  /** The terminator came: a choice without a reason ends as `other`. */
  private done(): DecodedFrame {
    const known = this.choices.filter((choice) => choice !== undefined);
    if (known.length === 0) return { events: this.fail({ message: 'The upstream sent an empty stream' }) };
    this.closed = true;
    const events: CompletionEvent[] = [];
    const chunk = this.thinkTags?.flush();
    for (const choice of asArray(chunk?.['choices']).filter(isObject))
      this.choiceOf(choice).push(choice, events);
    for (const choice of known) if (!choice.finished) choice.finish(undefined, events);
    return { events, isChanged: true, ...(chunk ? { chunk } : {}) };
  }

  private fail(error: UpstreamErrorBody): CompletionEvent[] {
    this.closed = true;
    return [{ type: 'error', failure: streamFailure(error) }];
  }
}
