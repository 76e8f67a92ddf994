import type { JsonObject } from '../../core/json.js';
import { emptyUsage, inputTotal, mergeUsage, type TokenUsage } from '../../core/token-usage.js';
import type { CompletionEvent, FinishReason, ThinkingSignature } from '../completion.js';
import type { ResponseIdentity, StreamEncoder } from '../protocol.js';
import { dataEvent, namedEvent } from '../sse.js';
import { encodeCitation, encodeRedacted } from './content-encode.js';
import { costMembers } from '../usage-cost.js';
import { encodeStopReason } from './finish-reason.js';
import { FAILED_ANSWER, refusalDetails } from './response.js';
import { ISSUER, signatureText } from './signature.js';
import { DONE } from './stream-decode.js';
import { toWireId } from './tool-ids.js';
import { encodeUsage } from './usage.js';

type EventOf<T extends CompletionEvent['type']> = Extract<CompletionEvent, { type: T }>;
type Handlers = { [T in CompletionEvent['type']]: (state: MessagesEncoder, event: EventOf<T>) => string };

/** A block that waits until the one before it has closed, or is open. */
interface Block {
  /** The `content_block` of its start, as JSON text. */
  start: string;
  /** Deltas, as JSON texts, that came before the block was open. */
  waiting: string[];
  opened: boolean;
  ended: boolean;
  /** A thought that has said nothing so far. */
  silent: boolean;
  /** Signed by another vendor than this protocol's. */
  foreign: boolean;
}

/**
 * Writes a Messages stream: one `message_start`, blocks numbered from 0 and open one at a time, one `message_delta`
 * with the cumulative usage, `message_stop`. `message_start` waits for the first content, so that input counts
 * that come right after the start are in it; its output count is 0, because readers may add it to the total.
 * Until the upstream names its input counts, the gateway's estimate stands for them.
 */
export class MessagesEncoder implements StreamEncoder {
  private started = false;
  private closing = false;
  private ended = false;
  private index = 0;
  private readonly blocks = new Map<number, Block>();
  /** Blocks in the order of their start; the first one is open on the wire. */
  private readonly queue: Block[] = [];
  private usage: TokenUsage = emptyUsage();
  private reason: FinishReason = 'stop';
  private stopSequence: string | undefined;
  private refusal: string | undefined;
  private hasToolCalls = false;
  private endsInToolCall = false;

  constructor(readonly identity: ResponseIdentity) {}

  push(event: CompletionEvent): string {
    if (this.ended) return '';
    return (HANDLERS[event.type] as (state: MessagesEncoder, event: CompletionEvent) => string)(this, event);
  }

  end(): string {
    if (this.ended) return '';
    const closing = this.start() + this.closeAll();
    this.ended = true;
    if (this.reason === 'error') return closing + failedAnswer();
    const tail = this.identity.profile === 'cortecs' ? dataEvent(DONE) : '';
    return closing + this.messageDelta() + namedEvent('message_stop', '{"type":"message_stop"}') + tail;
  }

  report(usage: TokenUsage): string {
    this.usage = mergeUsage(this.usage, usage);
    return '';
  }

  refuse(text: string): string {
    this.refusal = (this.refusal ?? '') + text;
    return '';
  }

  finish(event: EventOf<'finish'>): string {
    this.reason = event.reason;
    this.stopSequence = event.stopSequence;
    return '';
  }

  /** Starts a block; it opens on the wire as soon as no other is open. */
  open(number: number, contentBlock: JsonObject): string {
    const silent = contentBlock['type'] === 'thinking';
    const state = { opened: false, ended: false, silent, foreign: false };
    const block: Block = { start: JSON.stringify(contentBlock), waiting: [], ...state };
    this.endsInToolCall = contentBlock['type'] === 'tool_use';
    this.hasToolCalls ||= this.endsInToolCall;
    this.blocks.set(number, block);
    this.queue.push(block);
    return this.advance();
  }

  /** The signature of a call, in a block of its own before it: a thought without text (row 41). */
  seal({ block, signature }: EventOf<'tool-start'>): string {
    if (signature === undefined) return '';
    // Blocks of the inner language count from 0, so this number is free.
    const number = -1 - block;
    const opened = this.open(number, { type: 'thinking', thinking: '', signature: '' });
    return opened + this.sign(number, signature) + this.close(number);
  }

  delta(number: number, delta: string): string {
    const block = this.blocks.get(number);
    if (block === undefined) return '';
    if (block.opened) return this.deltaFrame(delta);
    block.waiting.push(delta);
    return '';
  }

  think(number: number, text: string): string {
    const block = this.blocks.get(number);
    if (block?.silent && text !== '') block.silent = false;
    const delta = this.delta(number, `{"type":"thinking_delta","thinking":${JSON.stringify(text)}}`);
    return delta === '' ? this.advance() : delta;
  }

  sign(number: number, signature: ThinkingSignature): string {
    const block = this.blocks.get(number);
    if (block) block.foreign = signature.issuer !== ISSUER;
    const delta = { type: 'signature_delta', signature: signatureText(signature) };
    return this.delta(number, JSON.stringify(delta));
  }

  close(number: number): string {
    const block = this.blocks.get(number);
    if (block === undefined) return '';
    this.blocks.delete(number);
    block.ended = true;
    return this.advance();
  }

  /** Opens the block at the head of the queue, with all that it has waiting, and closes it when it has ended. */
  private advance(): string {
    let text = '';
    for (let head = this.queue[0]; head !== undefined; head = this.queue[0]) {
      if (!head.opened) {
        if (this.isHeld(head)) break;
        head.opened = true;
        text += this.start() + this.openFrame(head);
        for (const delta of head.waiting.splice(0)) text += this.deltaFrame(delta);
      }
      if (!head.ended) break;
      this.queue.shift();
      text += namedEvent('content_block_stop', `{"type":"content_block_stop","index":${this.index}}`);
      this.index += 1;
    }
    return text;
  }

  /** A silent thought after other blocks waits until it speaks, or something comes after it. */
  private isHeld(head: Block): boolean {
    return head.silent && this.index > 0 && this.queue.length === 1 && !this.closing;
  }

  /** Closes what is open; a seal at the very end is left out (see `isClosingSeal`). */
  private closeAll(): string {
    this.closing = true;
    const last = this.queue.at(-1);
    if (last?.silent && last.foreign && !last.opened) this.queue.pop();
    for (const block of this.queue) block.ended = true;
    return this.advance();
  }

  private openFrame(block: Block): string {
    const data = `{"type":"content_block_start","index":${this.index},"content_block":${block.start}}`;
    return namedEvent('content_block_start', data);
  }

  private deltaFrame(delta: string): string {
    const data = `{"type":"content_block_delta","index":${this.index},"delta":${delta}}`;
    return namedEvent('content_block_delta', data);
  }

  private start(): string {
    if (this.started) return '';
    this.started = true;
    const { id, model } = this.identity;
    const usage = encodeUsage({ input: this.input(), output: { total: 0 } });
    const message = {
      id,
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    };
    return namedEvent('message_start', JSON.stringify({ type: 'message_start', message }));
  }

  /** Input counts: the upstream's, else the estimate. */
  private input(): TokenUsage['input'] {
    const { inputEstimate } = this.identity;
    const isKnown = inputTotal(this.usage) !== undefined || inputEstimate === undefined;
    return isKnown ? this.usage.input : { noCache: inputEstimate };
  }

  private messageDelta(): string {
    const stopReason = encodeStopReason({
      reason: this.reason,
      stopSequence: this.stopSequence,
      hasToolCalls: this.hasToolCalls,
      endsInToolCall: this.endsInToolCall,
      hasRefusal: this.refusal !== undefined,
    });
    const delta: JsonObject = {
      stop_reason: stopReason,
      stop_sequence: stopReason === 'stop_sequence' ? (this.stopSequence ?? null) : null,
    };
    if (this.refusal !== undefined) delta['stop_details'] = refusalDetails(this.refusal);
    const counts = JSON.stringify(encodeUsage({ ...this.usage, input: this.input() })).slice(0, -1);
    const cost = Object.entries(costMembers(this.usage, this.identity)).map(
      ([name, text]) => `,"${name}":${text}`,
    );
    const data = `{"type":"message_delta","delta":${JSON.stringify(delta)},"usage":${counts}${cost.join('')}}}`;
    return namedEvent('message_delta', data);
  }
}

const toolUse = ({ id, name }: EventOf<'tool-start'>, answer: string): JsonObject => ({
  type: 'tool_use',
  id: toWireId(id, { answer }),
  name,
  input: {},
});

/** The end of an answer that the vendor itself broke off: never a clean one (mapping row 70). */
const failedAnswer = (): string =>
  namedEvent(
    'error',
    JSON.stringify({ type: 'error', error: { type: 'api_error', message: FAILED_ANSWER } }),
  );

/** Only the first choice is shown: this protocol has one. */
const isFirst = (event: { choice?: number | undefined }): boolean => (event.choice ?? 0) === 0;

const HANDLERS: Handlers = {
  start: () => '',
  usage: (state, { usage }) => state.report(usage),
  'text-start': (state, event) => (isFirst(event) ? state.open(event.block, { type: 'text', text: '' }) : ''),
  'text-delta': (state, { block, text }) =>
    state.delta(block, `{"type":"text_delta","text":${JSON.stringify(text)}}`),
  'text-end': (state, { block }) => state.close(block),
  citation: (state, { block, citation }) =>
    encodeCitation(citation)
      .map((own) => state.delta(block, JSON.stringify({ type: 'citations_delta', citation: own })))
      .join(''),
  'refusal-delta': (state, event) => (isFirst(event) ? state.refuse(event.text) : ''),
  'thinking-start': (state, event) =>
    isFirst(event) ? state.open(event.block, { type: 'thinking', thinking: '', signature: '' }) : '',
  'thinking-delta': (state, { block, text }) => state.think(block, text),
  'thinking-signature': (state, { block, signature }) => state.sign(block, signature),
  'thinking-end': (state, { block }) => state.close(block),
  'redacted-thinking': (state, event) =>
    isFirst(event) ? state.open(event.block, encodeRedacted(event)) + state.close(event.block) : '',
  'tool-start': (state, event) =>
    isFirst(event) ? state.seal(event) + state.open(event.block, toolUse(event, state.identity.id)) : '',
  'tool-delta': (state, { block, text }) =>
    state.delta(block, `{"type":"input_json_delta","partial_json":${JSON.stringify(text)}}`),
  'tool-end': (state, { block }) => state.close(block),
  'opaque-block': (state, event) =>
    isFirst(event) && event.protocol === 'anthropic-messages'
      ? state.open(event.block, event.raw) + state.close(event.block)
      : '',
  finish: (state, event) => (isFirst(event) ? state.finish(event) : ''),
  error: () => '',
};

/** Writes one stream of Messages. */
export const streamEncoder = (identity: ResponseIdentity): StreamEncoder => new MessagesEncoder(identity);
