import { asArray, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { CompletionEvent } from '../completion.js';
import { argumentsText } from '../openai-chat/messages-decode.js';
import { decodeAnnotation } from './annotations.js';
import { reasoningText } from './input-decode.js';
import { callIdOf, callName } from './output-decode.js';
import { readEncrypted } from './signature.js';
import { hostedCall, type VendorTools } from './vendor-tools.js';

/** What the items of one stream share. */
export interface ItemContext {
  /** Block numbers, rising within the stream. */
  nextBlock: () => number;
  /** Who signed the stream's reasoning; absent means OpenAI. */
  issuer: string | undefined;
  /** Whose calls the vendor answers itself. */
  tools: VendorTools;
}

/** One output item of an upstream stream, from `output_item.added` to `output_item.done`. */
export interface OpenItem {
  /** An event of this item other than the two that open and close it. */
  event(type: string, raw: JsonObject): CompletionEvent[];
  /** The item is over; `whole` is it as the upstream saw it last, absent when the stream ended before. */
  end(whole: JsonObject | undefined): CompletionEvent[];
}

const NOTHING: CompletionEvent[] = [];

/** Log probabilities of a delta in Chat's form. */
function logprobsOf(raw: JsonObject): { logprobs?: JsonValue } {
  const content = asArray(raw['logprobs']);
  return content.length > 0 ? { logprobs: { content, refusal: null } } : {};
}

/** A text part or a refusal part of a message. */
interface Part {
  /** Absent for a refusal, which is no block. */
  block: number | undefined;
  /** What its deltas have told. */
  said: string;
  ended: boolean;
}

class MessageItem implements OpenItem {
  private readonly parts = new Map<unknown, Part>();

  constructor(private readonly context: ItemContext) {}

  event(type: string, raw: JsonObject): CompletionEvent[] {
    const index = raw['content_index'] ?? 0;
    switch (type) {
      case 'response.content_part.added':
        return this.added(index, raw['part']);
      case 'response.output_text.delta':
        return this.text(index, asString(raw['delta']) ?? '', raw);
      case 'response.output_text.done':
        return this.rest(index, asString(raw['text']) ?? '', raw);
      case 'response.output_text.annotation.added':
        return this.citation(index, raw['annotation']);
      case 'response.refusal.delta':
        return this.refusal(index, asString(raw['delta']) ?? '');
      case 'response.refusal.done':
        return this.parts.get(index)?.said ? NOTHING : this.refusal(index, asString(raw['refusal']) ?? '');
      case 'response.content_part.done':
        return this.close(index, raw['part']);
      default:
        return NOTHING;
    }
  }

  /** What the finished item holds and no event has told is told now. */
  end(whole: JsonObject | undefined): CompletionEvent[] {
    const events: CompletionEvent[] = [];
    asArray(whole?.['content']).forEach((part, index) => events.push(...this.close(index, part)));
    for (const part of this.parts.values()) events.push(...this.endPart(part));
    return events;
  }

  private added(index: JsonValue, part: JsonValue | undefined): CompletionEvent[] {
    if (!isObject(part) || part['type'] !== 'output_text') return NOTHING;
    const events: CompletionEvent[] = [];
    this.open(index, events);
    return events;
  }

  private open(index: JsonValue, events: CompletionEvent[]): Part & { block: number } {
    const known = this.parts.get(index);
    if (known?.block !== undefined && !known.ended) return known as Part & { block: number };
    const part = { block: this.context.nextBlock(), said: '', ended: false };
    this.parts.set(index, part);
    events.push({ type: 'text-start', block: part.block });
    return part;
  }

  private text(index: JsonValue, text: string, raw: JsonObject): CompletionEvent[] {
    const noted = logprobsOf(raw);
    if (text === '' && noted.logprobs === undefined) return NOTHING;
    const known = this.parts.get(index);
    const delta = (block: number): CompletionEvent => ({ type: 'text-delta', block, text, ...noted });
    if (known?.block !== undefined && !known.ended) {
      known.said += text;
      return [delta(known.block)];
    }
    const events: CompletionEvent[] = [];
    const part = this.open(index, events);
    part.said += text;
    events.push(delta(part.block));
    return events;
  }

  /** What a finished text holds beyond its deltas; nothing where they tell something else. */
  private rest(index: JsonValue, whole: string, raw: JsonObject): CompletionEvent[] {
    const known = this.parts.get(index);
    if (known?.ended || !whole.startsWith(known?.said ?? '')) return NOTHING;
    const missing = whole.slice(known?.said.length ?? 0);
    return missing === '' ? NOTHING : this.text(index, missing, known?.said ? {} : raw);
  }

  private citation(index: JsonValue, annotation: JsonValue | undefined): CompletionEvent[] {
    if (annotation === undefined) return NOTHING;
    const events: CompletionEvent[] = [];
    const { block, said } = this.open(index, events);
    events.push({ type: 'citation', block, citation: decodeAnnotation(annotation, said.length) });
    return events;
  }

  private refusal(index: JsonValue, text: string): CompletionEvent[] {
    if (text === '') return NOTHING;
    this.parts.set(index, { block: undefined, said: text, ended: false });
    return [{ type: 'refusal-delta', text }];
  }

  private close(index: JsonValue, part: JsonValue | undefined): CompletionEvent[] {
    const events: CompletionEvent[] = [];
    if (isObject(part) && part['type'] !== 'refusal')
      events.push(...this.rest(index, asString(part['text']) ?? '', part));
    else if (isObject(part) && !this.parts.get(index)?.said)
      events.push(...this.refusal(index, asString(part['refusal']) ?? ''));
    const known = this.parts.get(index);
    if (known) events.push(...this.endPart(known));
    return events;
  }

  private endPart(part: Part): CompletionEvent[] {
    if (part.ended) return NOTHING;
    part.ended = true;
    return part.block === undefined ? NOTHING : [{ type: 'text-end', block: part.block }];
  }
}

/** Thinking starts with its first text, or with its signature when it has none; neither means there was none. */
class ReasoningItem implements OpenItem {
  private block: number | undefined;
  /** Summary or the thinking itself, whichever comes first: vendors that send both say the same twice. */
  private kind: 'summary' | 'content' | undefined;
  private position: JsonValue | undefined;

  constructor(private readonly context: ItemContext) {}

  event(type: string, raw: JsonObject): CompletionEvent[] {
    if (type === 'response.reasoning_summary_text.delta') return this.delta('summary', raw, 'summary_index');
    if (type === 'response.reasoning_text.delta') return this.delta('content', raw, 'content_index');
    return NOTHING;
  }

  end(whole: JsonObject | undefined): CompletionEvent[] {
    const events: CompletionEvent[] = [];
    const content = asString(whole?.['encrypted_content']);
    const encrypted = content ? readEncrypted(content, whole?.['id'], this.context.issuer) : undefined;
    if (encrypted?.kind === 'redacted') {
      const { issuer, value } = encrypted.signature;
      return [{ type: 'redacted-thinking', block: this.context.nextBlock(), data: value, issuer }];
    }
    const text = whole && this.kind === undefined ? reasoningText(whole) : '';
    if (text !== '') events.push({ type: 'thinking-delta', block: this.open(events), text });
    if (encrypted?.kind === 'thinking')
      events.push({
        type: 'thinking-signature',
        block: this.open(events),
        signature: encrypted.signature,
      });
    if (this.block !== undefined) events.push({ type: 'thinking-end', block: this.block });
    return events;
  }

  private delta(kind: 'summary' | 'content', raw: JsonObject, index: string): CompletionEvent[] {
    const given = asString(raw['delta']) ?? '';
    if (given === '') return NOTHING;
    this.kind ??= kind;
    if (this.kind !== kind) return NOTHING;
    const position = raw[index] ?? 0;
    const isNext = this.position !== undefined && this.position !== position;
    this.position = position;
    const events: CompletionEvent[] = [];
    const text = isNext ? `\n\n${given}` : given;
    events.push({ type: 'thinking-delta', block: this.open(events), text });
    return events;
  }

  private open(events: CompletionEvent[]): number {
    if (this.block !== undefined) return this.block;
    this.block = this.context.nextBlock();
    events.push({ type: 'thinking-start', block: this.block });
    return this.block;
  }
}

/** A call of a function, or of a custom tool, whose one text is told whole as arguments. */
class CallItem implements OpenItem {
  private block: number | undefined;
  private hasArguments = false;
  private input = '';

  constructor(
    private readonly context: ItemContext,
    private readonly item: JsonObject,
  ) {}

  /** Id and name must be known; a vendor that tells them at the end only is waited for. */
  start(): CompletionEvent[] {
    return asString(this.item['name']) ? this.open(this.item) : NOTHING;
  }

  event(type: string, raw: JsonObject): CompletionEvent[] {
    if (type === 'response.custom_tool_call_input.delta') this.input += asString(raw['delta']) ?? '';
    if (this.block === undefined) return NOTHING;
    const isDone = type === 'response.function_call_arguments.done' && !this.hasArguments;
    const text =
      type === 'response.function_call_arguments.delta'
        ? (asString(raw['delta']) ?? '')
        : isDone
          ? (asString(raw['arguments']) ?? '')
          : '';
    return text === '' ? NOTHING : this.arguments(text);
  }

  end(whole: JsonObject | undefined): CompletionEvent[] {
    const events = this.block === undefined && whole ? this.open(whole) : [];
    if (this.block === undefined) return NOTHING;
    if (!this.hasArguments) events.push(...this.arguments(this.rest(whole ?? this.item)));
    events.push({ type: 'tool-end', block: this.block });
    return events;
  }

  private rest(item: JsonObject): string {
    if (item['type'] !== 'custom_tool_call') return argumentsText(item['arguments']);
    return JSON.stringify({ input: asString(item['input']) || this.input });
  }

  private open(item: JsonObject): CompletionEvent[] {
    if (!asString(item['name'])) return [];
    this.block = this.context.nextBlock();
    return [{ type: 'tool-start', block: this.block, id: callIdOf(item), name: callName(item) }];
  }

  private arguments(text: string): CompletionEvent[] {
    this.hasArguments = true;
    return this.block === undefined ? NOTHING : [{ type: 'tool-delta', block: this.block, text }];
  }
}

/** An item that only this protocol knows (searches, shells, compaction): shown when it is whole. */
class OpaqueItem implements OpenItem {
  constructor(private readonly context: ItemContext) {}

  event(): CompletionEvent[] {
    return NOTHING;
  }

  end(whole: JsonObject | undefined): CompletionEvent[] {
    if (!whole) return NOTHING;
    const block = this.context.nextBlock();
    return [
      {
        type: 'opaque-block',
        block,
        protocol: 'openai-responses',
        raw: hostedCall(this.context.tools.shown(whole)),
      },
    ];
  }
}

/** Begins an item: what to say at once, and the item. */
export function startItem(
  item: JsonObject,
  context: ItemContext,
): { events: CompletionEvent[]; open: OpenItem } {
  if (context.tools.runs(item)) return { events: NOTHING, open: new OpaqueItem(context) };
  switch (item['type']) {
    case 'message':
      return { events: NOTHING, open: new MessageItem(context) };
    case 'reasoning':
      return { events: NOTHING, open: new ReasoningItem(context) };
    case 'function_call':
    case 'custom_tool_call': {
      const open = new CallItem(context, item);
      return { events: open.start(), open };
    }
    default:
      return { events: NOTHING, open: new OpaqueItem(context) };
  }
}

/** The type of the item that an event without one must belong to; undefined when it cannot be known. */
export function impliedItem(type: string): JsonObject | undefined {
  if (/^response\.(output_text|refusal|content_part)\./.test(type)) return { type: 'message' };
  if (type.startsWith('response.reasoning')) return { type: 'reasoning' };
  return undefined;
}
