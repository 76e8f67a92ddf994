import { asArray, asObject, asString, isObject, tryParseJson, type JsonObject } from '../../core/json.js';
import { emptyUsage, mergeUsage, type TokenUsage } from '../../core/token-usage.js';
import type { CompletionEvent, StreamFailure } from '../completion.js';
import type { StreamDecoder } from '../protocol.js';
import type { SseEvent } from '../sse.js';
import { decodeStreamFailure } from './error.js';
import { decodeFinishReason } from './finish-reason.js';
import { decodeRefusal } from './response.js';
import { impliedBlock, startBlock, type OpenBlock } from './stream-blocks.js';
import { decodeStartUsage, decodeUsage, foldUsage } from './usage.js';
import { compact } from './wire.js';

/** What Cortecs puts after `message_stop`; says nothing. */
export const DONE = '[DONE]';

const NOTHING: CompletionEvent[] = [];

type Handler = (state: MessagesDecoder, raw: JsonObject) => CompletionEvent[];

/**
 * Reads a Messages stream. Bears pings, unknown events and deltas, blocks not numbered from 0, interleaved or never
 * closed, a repeated stop or `message_start`, missing `event:` lines. A start of another message inside this one is
 * a splice of two answers and fails, because signed thinking of the first could never be replayed.
 */
export class MessagesDecoder implements StreamDecoder {
  /** Everything reported so far; later figures replace earlier ones. */
  usage: TokenUsage = emptyUsage();
  /** `message_stop` came, or the stream failed: nothing after it counts. */
  closed = false;
  messageId: string | undefined;
  stopReason: string | undefined;
  private stopSequence: string | undefined;
  private refusal: CompletionEvent[] = [];
  private started = false;
  private readonly open = new Map<unknown, OpenBlock>();
  private count = 0;
  private readonly numbers = { next: (): number => this.count++ };

  get hasEnded(): boolean {
    return this.closed;
  }

  push(event: SseEvent): CompletionEvent[] {
    if (event.data === DONE) return NOTHING;
    const raw = tryParseJson(event.data);
    if (!isObject(raw))
      return this.fail({ kind: 'upstream', message: 'The upstream sent an unreadable event' });
    return this.read(raw, event.event);
  }

  /** One event that is parsed already; `name` is its `event:` line, used when the data has no type. */
  read(raw: JsonObject, name: string | undefined): CompletionEvent[] {
    if (this.closed) return NOTHING;
    const type = asString(raw['type']) ?? (isObject(raw['error']) ? 'error' : name);
    return type !== undefined && Object.hasOwn(HANDLERS, type)
      ? (HANDLERS[type]?.(this, raw) ?? NOTHING)
      : NOTHING;
  }

  end(): CompletionEvent[] {
    if (this.closed) return NOTHING;
    return this.stopReason === undefined ? this.cut() : this.finish();
  }

  /** The upstream closed before its terminator. */
  cut(): CompletionEvent[] {
    return this.fail({ kind: 'upstream', message: 'The upstream closed the stream before its end' });
  }

  fail(failure: StreamFailure): CompletionEvent[] {
    if (this.closed) return NOTHING;
    this.closed = true;
    return [{ type: 'error', failure }];
  }

  begin(message: JsonObject): CompletionEvent[] {
    const id = asString(message['id']);
    if (this.started) return this.restart(id);
    this.started = true;
    this.messageId = id;
    const events: CompletionEvent[] = [
      compact({ type: 'start', id, model: asString(message['model']) } as const),
    ];
    const isWhole = asString(message['stop_reason']) !== undefined;
    const usage = asObject(message['usage']);
    if (usage) events.push(this.report(isWhole ? decodeUsage(usage) : decodeStartUsage(usage)));
    for (const block of asArray(message['content']).filter(isObject)) {
      const opened = startBlock(block, this.numbers);
      events.push(...opened.events, ...opened.block.end());
    }
    this.noteStop(message);
    return events;
  }

  private restart(id: string | undefined): CompletionEvent[] {
    if (id === this.messageId) return NOTHING;
    return this.fail({
      kind: 'upstream',
      message: 'The upstream started its answer twice',
      vendorType: 'splice',
    });
  }

  startBlock(index: unknown, raw: JsonObject): CompletionEvent[] {
    const closing = this.open.has(index) ? this.endBlock(index) : NOTHING;
    const { events, block } = startBlock(raw, this.numbers);
    this.open.set(index, block);
    return closing === NOTHING ? events : [...closing, ...events];
  }

  delta(index: unknown, delta: JsonObject): CompletionEvent[] {
    const block = this.open.get(index);
    if (block) return block.delta(delta);
    const implied = impliedBlock(delta);
    if (implied === undefined) return NOTHING;
    return [...this.startBlock(index, implied), ...(this.open.get(index)?.delta(delta) ?? NOTHING)];
  }

  endBlock(index: unknown): CompletionEvent[] {
    const block = this.open.get(index);
    if (block === undefined) return NOTHING;
    this.open.delete(index);
    return block.end();
  }

  /** `message_delta`: its usage is cumulative and wins over `message_start`. */
  progress(raw: JsonObject): CompletionEvent[] {
    this.noteStop(asObject(raw['delta']) ?? {});
    const usage = asObject(raw['usage']);
    return usage ? [this.report(foldUsage(this.usage, usage))] : NOTHING;
  }

  private noteStop(source: JsonObject): void {
    const stopReason = asString(source['stop_reason']);
    if (stopReason === undefined) return;
    this.stopReason = stopReason;
    this.stopSequence = asString(source['stop_sequence']);
    const [refusal] = decodeRefusal(source['stop_details']);
    this.refusal = refusal ? [{ type: 'refusal-delta', text: refusal.text }] : [];
  }

  private report(usage: TokenUsage): CompletionEvent {
    this.usage = mergeUsage(this.usage, usage);
    return { type: 'usage', usage: this.usage };
  }

  /** Closes what is open and says how the answer ended. */
  finish(): CompletionEvent[] {
    this.closed = true;
    const ends = [...this.open.keys()].flatMap((index) => this.endBlock(index));
    const reason = decodeFinishReason(this.stopReason);
    const stopSequence = this.stopSequence;
    return [...ends, ...this.refusal, compact({ type: 'finish', reason, stopSequence } as const)];
  }
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  message_start: (state, raw) => state.begin(asObject(raw['message']) ?? {}),
  content_block_start: (state, raw) => state.startBlock(raw['index'], asObject(raw['content_block']) ?? {}),
  content_block_delta: (state, raw) => state.delta(raw['index'], asObject(raw['delta']) ?? {}),
  content_block_stop: (state, raw) => state.endBlock(raw['index']),
  message_delta: (state, raw) => state.progress(raw),
  message_stop: (state) => state.finish(),
  error: (state, raw) => state.fail(decodeStreamFailure(raw)),
};

/** Reads one stream of Messages. */
export const streamDecoder = (): MessagesDecoder => new MessagesDecoder();
