import type { JsonObject, JsonValue } from '../../core/json.js';
import type { TokenUsage } from '../../core/token-usage.js';
import { emptyUsage, mergeUsage } from '../../core/token-usage.js';
import type { CompletionEvent, FinishReason, ThinkingSignature } from '../completion.js';
import type { ResponseIdentity, StreamEncoder } from '../protocol.js';
import { encodeCitation } from './annotations.js';
import { ChunkWriter } from './chunk-writer.js';
import { detailSignature } from './reasoning.js';
import { SEARCH_DONE } from './search.js';

interface Block {
  choice: number;
  /** Position among the tool calls of its choice. */
  tool: number;
  /** Where it starts in the text of its choice. */
  start: number;
  /** Characters of text or arguments sent so far. */
  length: number;
  /** What a thinking block has said, which its signature is for. */
  thought: string;
  /** Citations of a text block: the stretch they belong to is known at its end. */
  citations: JsonValue[];
  /** Signature that came before the arguments. */
  signature?: ThinkingSignature | undefined;
}

type EventOf<T extends CompletionEvent['type']> = Extract<CompletionEvent, { type: T }>;

type Handlers = { [T in CompletionEvent['type']]: (event: EventOf<T>) => string };

const SILENT = (): string => '';

const newBlock = (place: Pick<Block, 'choice' | 'tool' | 'start'>): Block => ({
  ...place,
  length: 0,
  thought: '',
  citations: [],
});

/** Writes a Chat stream in Octen's shape. One instance per call. */
export class ChatStreamEncoder implements StreamEncoder {
  private readonly writer: ChunkWriter;
  private readonly blocks = new Map<number, Block>();
  private readonly toolCounts = new Map<number, number>();
  /** Characters of answer text sent so far, by choice. */
  private readonly textLengths = new Map<number, number>();
  private readonly started = new Set<number>();
  private readonly reasons = new Map<number, FinishReason>();
  private details = 0;
  private usage: TokenUsage = emptyUsage();

  private readonly handlers: Handlers = {
    start: SILENT,
    'text-start': (event) => this.open(event.block, event.choice),
    'text-delta': (event) => this.text(event),
    'text-end': (event) => this.textEnd(event),
    citation: ({ block, citation }) => {
      this.block(block).citations.push(citation);
      return '';
    },
    'refusal-delta': (event) => this.delta(event.choice ?? 0, { refusal: event.text }),
    'thinking-start': (event) => this.open(event.block, event.choice),
    'thinking-delta': (event) => this.thinking(event),
    'thinking-signature': (event) => this.signature(event),
    'thinking-end': SILENT,
    'redacted-thinking': (event) => this.hidden(event),
    'tool-start': (event) => this.toolStart(event),
    'tool-delta': (event) => this.toolDelta(event),
    'tool-end': (event) => this.toolEnd(event),
    'opaque-block': ({ protocol, raw }) =>
      protocol === 'openai-chat' && raw['type'] === SEARCH_DONE
        ? this.writer.searchDone(raw['search_results'] ?? [])
        : '',
    usage: (event) => {
      this.usage = mergeUsage(this.usage, event.usage);
      return '';
    },
    finish: (event) => {
      this.reasons.set(event.choice ?? 0, event.reason);
      return '';
    },
    error: SILENT,
  };

  constructor(private readonly identity: ResponseIdentity) {
    this.writer = new ChunkWriter(identity);
  }

  push(event: CompletionEvent): string {
    return (this.handlers[event.type] as (event: CompletionEvent) => string)(event);
  }

  end(): string {
    if (this.reasons.size === 0) this.reasons.set(0, 'other');
    const choices = [...this.reasons.entries()].sort(([a], [b]) => a - b);
    const roles = choices.map(([choice]) =>
      this.started.has(choice) ? '' : this.delta(choice, { content: '' }),
    );
    const finishes = choices.map(([choice, reason]) => this.writer.finish(choice, reason));
    return [...roles, ...finishes, this.writer.closing(this.usage)].join('');
  }

  /** The first delta of a choice carries the role: the official SDK refuses a stream without one. */
  private delta(choice: number, delta: JsonObject, logprobs?: JsonValue): string {
    if (this.started.has(choice)) return this.writer.content(choice, delta, logprobs);
    this.started.add(choice);
    return this.writer.content(choice, { role: 'assistant', ...delta }, logprobs);
  }

  private block(block: number): Block {
    return this.blocks.get(block) ?? newBlock({ choice: 0, tool: 0, start: 0 });
  }

  private open(block: number, choice = 0, tool = 0): string {
    this.blocks.set(block, newBlock({ choice, tool, start: this.textLengths.get(choice) ?? 0 }));
    return '';
  }

  private text(event: EventOf<'text-delta'>): string {
    const block = this.block(event.block);
    block.length += event.text.length;
    const before = this.textLengths.get(block.choice) ?? 0;
    this.textLengths.set(block.choice, before + event.text.length);
    return this.delta(block.choice, { content: event.text }, event.logprobs);
  }

  private textEnd(event: EventOf<'text-end'>): string {
    const { choice, start, length, citations } = this.block(event.block);
    const annotations = citations
      .map((citation) => encodeCitation(citation, { start, end: start + length }))
      .filter((annotation) => annotation !== undefined);
    return annotations.length > 0 ? this.delta(choice, { annotations }) : '';
  }

  private thinking(event: EventOf<'thinking-delta'>): string {
    const block = this.block(event.block);
    block.thought += event.text;
    return this.delta(block.choice, { reasoning: event.text });
  }

  /** With the text that was signed, because the plain deltas do not say where a block of several ends. */
  private signature(event: EventOf<'thinking-signature'>): string {
    const { format, value } = detailSignature(event.signature);
    const { choice, thought } = this.block(event.block);
    return this.detail(choice, { type: 'reasoning.text', text: thought, signature: value, format });
  }

  private hidden({ issuer, data, choice = 0 }: EventOf<'redacted-thinking'>): string {
    const { format, value } = detailSignature({ issuer, value: data });
    return this.detail(choice, { type: 'reasoning.encrypted', data: value, format });
  }

  private detail(choice: number, detail: JsonObject): string {
    return this.delta(choice, { reasoning_details: [{ ...detail, index: this.details++ }] });
  }

  private toolStart(event: EventOf<'tool-start'>): string {
    const choice = event.choice ?? 0;
    const index = this.toolCounts.get(choice) ?? 0;
    this.toolCounts.set(choice, index + 1);
    this.open(event.block, choice, index);
    this.block(event.block).signature = event.signature;
    const { id, name } = event;
    if (this.identity.legacyFunctions) {
      return index === 0 ? this.delta(choice, { function_call: { name, arguments: '' } }) : '';
    }
    return this.delta(choice, {
      tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }],
    });
  }

  private toolDelta(event: EventOf<'tool-delta'>): string {
    const block = this.block(event.block);
    block.length += event.text.length;
    return this.callDelta(block, { function: { arguments: event.text } });
  }

  /** A call without arguments still gives clients JSON to parse; Google's signature rides on the last delta. */
  private toolEnd({ block, signature: last }: EventOf<'tool-end'>): string {
    const known = this.block(block);
    const signature = last ?? known.signature;
    const { length } = known;
    if (length > 0 && signature?.issuer !== 'google') return '';
    const google =
      signature?.issuer === 'google' ? { google: { thought_signature: signature.value } } : undefined;
    const call: JsonObject = { function: { arguments: length > 0 ? '' : '{}' } };
    return this.callDelta(known, google ? { ...call, extra_content: google } : call);
  }

  /** More of a call; a caller of the older `functions` reads one, without its number (mapping row 51). */
  private callDelta({ choice, tool }: Block, call: JsonObject): string {
    if (!this.identity.legacyFunctions) {
      return this.delta(choice, { tool_calls: [{ index: tool, ...call }] });
    }
    return tool === 0 ? this.delta(choice, { function_call: call['function'] ?? {} }) : '';
  }
}
