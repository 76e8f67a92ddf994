import type { FaregateError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import { emptyUsage, mergeUsage, type TokenUsage } from '../../core/token-usage.js';
import type { CompletionEvent, FinishReason } from '../completion.js';
import type { ResponseIdentity, StreamEncoder } from '../protocol.js';
import { envelope, type ResponseState } from './envelope.js';
import { failedError } from './error.js';
import { encodeFinishReason } from './finish-reason.js';
import { EventWriter, ItemWriter } from './item-writer.js';
import { CallItem, RefusalItem, TextItem, ThinkingItem, type WrittenItem } from './open-items.js';
import { callSignatureItem, ItemIds, reasoningItem, type ItemStatus } from './output-encode.js';
import { ClientTools } from './client-tools.js';
import { encodeUsage } from './usage.js';

type EventOf<T extends CompletionEvent['type']> = Extract<CompletionEvent, { type: T }>;
type Handlers = { [T in CompletionEvent['type']]: (state: ResponsesEncoder, event: EventOf<T>) => string };
type BlockEnd = EventOf<'text-end'> | EventOf<'tool-end'>;
type Prefix = Parameters<ItemIds['at']>[0];

/**
 * Writes a Responses stream as the strictest client wants it (mapping row 74): created, in_progress, every item from
 * `added` to `done` under its own output_index, and a last event with the whole output and usage. The first two wait
 * for the first content, so that an early failure keeps its status.
 */
export class ResponsesEncoder implements StreamEncoder {
  private readonly writer = new EventWriter();
  private readonly ids: ItemIds;
  private readonly names: ClientTools;
  private readonly open = new Map<number | 'refusal', { index: number; item: WrittenItem }>();
  /** Finished items, by output_index. */
  private readonly output: JsonObject[] = [];
  /** The block that ended last: whether its item was cut short is known by what follows it. */
  private ended: BlockEnd | undefined;
  private items = 0;
  private started = false;
  private usage: TokenUsage = emptyUsage();
  private reason: FinishReason = 'stop';

  constructor(private readonly identity: ResponseIdentity) {
    this.ids = new ItemIds(identity.id);
    this.names = new ClientTools(identity.source?.['tools']);
  }

  push(event: CompletionEvent): string {
    return (HANDLERS[event.type] as (state: ResponsesEncoder, event: CompletionEvent) => string)(this, event);
  }

  end(): string {
    const { status, incomplete_details } = encodeFinishReason(this.reason);
    const text = this.start() + this.closeAll(status);
    const usage = encodeUsage(this.usage, this.identity);
    const state = { status, incomplete_details, output: this.output, usage };
    return text + this.lifecycle(`response.${status}`, state);
  }

  /** The answer broke off: what was said stays said, and the response has failed. */
  fail(error: FaregateError): string {
    const text = this.start() + this.closeAll('incomplete');
    const state = { status: 'failed', error: failedError(error), output: this.output, usage: null } as const;
    return text + this.lifecycle('response.failed', state);
  }

  report(usage: TokenUsage): string {
    this.usage = mergeUsage(this.usage, usage);
    return '';
  }

  finish(event: EventOf<'finish'>): string {
    this.reason = event.reason;
    return this.settle(itemStatus(encodeFinishReason(event.reason).status));
  }

  text({ block }: EventOf<'text-start'>): string {
    return this.begin(block, 'msg', (writer) => new TextItem(writer));
  }

  thinking({ block }: EventOf<'thinking-start'>): string {
    return this.begin(block, 'rs', (writer) => new ThinkingItem(writer));
  }

  call({ block, id, name }: EventOf<'tool-start'>): string {
    const tool = this.names.wire(name);
    return this.begin(block, tool.custom ? 'ctc' : 'fc', (writer) => new CallItem(writer, id, tool));
  }

  refuse(text: string): string {
    const opening = this.open.has('refusal')
      ? ''
      : this.begin('refusal', 'msg', (writer) => new RefusalItem(writer));
    return opening + this.with('refusal', RefusalItem, (item) => item.delta(text));
  }

  /** Runs a step on the open item of a block; nothing for a block of another kind. */
  with<T extends WrittenItem>(
    block: number | 'refusal',
    kind: abstract new (...given: never[]) => T,
    step: (item: T) => string,
  ): string {
    const item = this.open.get(block)?.item;
    return item instanceof kind ? step(item) : '';
  }

  close(block: number | 'refusal', status: ItemStatus = 'completed'): string {
    const open = this.open.get(block);
    if (!open) return '';
    this.open.delete(block);
    const { text, item } = open.item.close(status);
    this.output[open.index] = item;
    return text;
  }

  /** An item that is whole at once. */
  whole(prefix: Prefix, write: (id: string) => JsonObject): string {
    const opening = this.settle('completed') + this.start();
    const index = this.items++;
    const writer = new ItemWriter(this.writer, this.ids.at(prefix, index), index);
    const item = write(writer.id);
    this.output[index] = item;
    return opening + writer.added(item) + writer.done(item);
  }

  /** Another block follows the one that ended before, so that was whole; this one waits for what follows it. */
  endBlock(event: BlockEnd): string {
    if (!this.open.has(event.block)) return '';
    const text = this.settle('completed');
    this.ended = event;
    return text;
  }

  /** Closes the item of the block that ended last. */
  private settle(status: ItemStatus): string {
    const { ended } = this;
    this.ended = undefined;
    if (ended === undefined) return '';
    return ended.type === 'tool-end' ? this.endCall(ended, status) : this.close(ended.block, status);
  }

  private endCall({ block, signature }: EventOf<'tool-end'>, status: ItemStatus): string {
    const item = this.open.get(block)?.item;
    const text = this.close(block, status);
    if (!signature || !(item instanceof CallItem)) return text;
    return text + this.whole('rs', (id) => callSignatureItem(id, item.callId, signature));
  }

  private begin(
    block: number | 'refusal',
    prefix: Prefix,
    make: (writer: ItemWriter) => WrittenItem,
  ): string {
    const opening = this.settle('completed') + this.start();
    const index = this.items++;
    const item = make(new ItemWriter(this.writer, this.ids.at(prefix, index), index));
    this.open.set(block, { index, item });
    return opening + item.start();
  }

  private closeAll(ending: ResponseState['status']): string {
    const status = itemStatus(ending);
    return this.settle(status) + [...this.open.keys()].map((block) => this.close(block, status)).join('');
  }

  private start(): string {
    if (this.started) return '';
    this.started = true;
    const state = { status: 'in_progress', output: [], usage: null } as const;
    return (
      this.lifecycle('response.created', { ...state, output: [] }) +
      this.lifecycle('response.in_progress', { ...state, output: [] })
    );
  }

  private lifecycle(type: string, state: ResponseState): string {
    return this.writer.event(type, { response: envelope(this.identity, state) });
  }
}

/** How an item that was the last ends when its response does so. */
const itemStatus = (ending: ResponseState['status']): ItemStatus =>
  ending === 'completed' ? 'completed' : 'incomplete';

/** Only the first choice is shown: this protocol has one. */
const isFirst = (event: { choice?: number | undefined }): boolean => (event.choice ?? 0) === 0;

const HANDLERS: Handlers = {
  start: () => '',
  usage: (state, { usage }) => state.report(usage),
  'text-start': (state, event) => (isFirst(event) ? state.text(event) : ''),
  'text-delta': (state, { block, text, logprobs }) =>
    state.with(block, TextItem, (item) => item.delta(text, logprobs)),
  'text-end': (state, event) => state.endBlock(event),
  citation: (state, { block, citation }) => state.with(block, TextItem, (item) => item.cite(citation)),
  'refusal-delta': (state, event) => (isFirst(event) ? state.refuse(event.text) : ''),
  'thinking-start': (state, event) => (isFirst(event) ? state.thinking(event) : ''),
  'thinking-delta': (state, { block, text }) => state.with(block, ThinkingItem, (item) => item.delta(text)),
  'thinking-signature': (state, { block, signature }) =>
    state.with(block, ThinkingItem, (item) => item.sign(signature)),
  'thinking-end': (state, { block }) => state.close(block),
  'redacted-thinking': (state, { data, issuer }) =>
    state.whole('rs', (id) =>
      reasoningItem(id, '', { kind: 'redacted', signature: { issuer, value: data } }),
    ),
  'tool-start': (state, event) => (isFirst(event) ? state.call(event) : ''),
  'tool-delta': (state, { block, text }) => state.with(block, CallItem, (item) => item.delta(text)),
  'tool-end': (state, event) => state.endBlock(event),
  'opaque-block': (state, { protocol, raw }) =>
    protocol === 'openai-responses' ? state.whole('msg', () => raw) : '',
  finish: (state, event) => (isFirst(event) ? state.finish(event) : ''),
  error: () => '',
};
