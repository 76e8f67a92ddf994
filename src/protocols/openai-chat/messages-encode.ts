import type { JsonObject } from '../../core/json.js';
import { asString } from '../../core/json.js';
import type { ContentPart, Message, OpaquePart, ToolCallPart, ToolResultPart } from '../completion.js';
import type { EncodeTarget, WireQuirks } from '../protocol.js';
import { encodeAudio, encodeCacheControl, encodeDocument, encodeImage, encodeText } from './content.js';
import { encodeDetails } from './reasoning.js';

type PartOf<T extends ContentPart['type']> = Extract<ContentPart, { type: T }>;

const ofType = <T extends ContentPart['type']>(content: readonly ContentPart[], type: T): PartOf<T>[] =>
  content.filter((part): part is PartOf<T> => part.type === type);

/** Writes messages for one vendor. One instance per request; collects what could not be carried. */
class MessagesEncoder {
  readonly warnings = new Set<string>();
  private readonly quirks: WireQuirks;

  constructor(private readonly target: EncodeTarget) {
    this.quirks = target.quirks;
  }

  encode(messages: readonly Message[]): JsonObject[] {
    return messages.flatMap((message) => {
      if (message.role === 'tool') return this.toolResults(ofType(message.content, 'tool-result'));
      if (message.role === 'assistant') return [this.assistant(message)];
      return [this.instructionOrUser(message)];
    });
  }

  private roleOf({ role, developer }: Message): string {
    if (role !== 'system') return role;
    return this.quirks.systemRole ?? (developer ? 'developer' : 'system');
  }

  private instructionOrUser(message: Message): JsonObject {
    return {
      role: this.roleOf(message),
      content: this.plainOrParts(message.content.flatMap((part) => this.part(part))),
      ...(message.name === undefined ? {} : { name: message.name }),
    };
  }

  /** A single text is a string, which every vendor reads; anything else stays a list. */
  private plainOrParts(parts: JsonObject[]): string | JsonObject[] {
    const [only] = parts;
    if (only === undefined) return '';
    const isPlain = parts.length === 1 && only['type'] === 'text' && only['cache_control'] === undefined;
    return isPlain ? (asString(only['text']) ?? '') : parts;
  }

  private part(part: ContentPart): JsonObject[] {
    switch (part.type) {
      case 'text':
        return part.text === '' ? [] : [this.marked(encodeText(part), part)];
      case 'image':
        return [this.marked(encodeImage(part), part)];
      case 'document':
        return encodeDocument(part).map((encoded) => this.marked(encoded, part));
      case 'audio':
        return [encodeAudio(part)];
      case 'opaque':
        return this.opaque(part);
      default:
        return [];
    }
  }

  private marked(encoded: JsonObject, part: Pick<PartOf<'text'>, 'cacheControl'>): JsonObject {
    if (!this.quirks.cacheControl || !part.cacheControl) return encoded;
    return { ...encoded, cache_control: encodeCacheControl(part.cacheControl) };
  }

  private opaque({ protocol, raw }: OpaquePart): JsonObject[] {
    if (protocol === 'openai-chat') return [raw];
    if (raw['type'] === 'tool_reference') {
      return [{ type: 'text', text: `Tool now available: ${asString(raw['tool_name']) ?? 'unnamed'}` }];
    }
    this.warnings.add(
      `${asString(raw['type']) ?? 'A block'} was left out: this model's provider cannot read it`,
    );
    return [];
  }

  private assistant(message: Message): JsonObject {
    const { content } = message;
    const calls = ofType(content, 'tool-call').map((call) => this.call(call));
    const refusals = ofType(content, 'refusal').map((part) => part.text);
    for (const part of ofType(content, 'opaque')) this.opaque(part);
    const text = ofType(content, 'text')
      .map((part) => part.text)
      .join('');
    return {
      role: 'assistant',
      content: text === '' && (calls.length > 0 || refusals.length > 0) ? null : text,
      ...this.reasoning(content, calls.length > 0),
      ...(refusals.length > 0 ? { refusal: refusals.join('') } : {}),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
      ...(message.name === undefined ? {} : { name: message.name }),
    };
  }

  private call({ id, name, arguments: text, signature }: ToolCallPart): JsonObject {
    const isOwn = signature?.issuer === 'google' && this.target.issuer === 'google';
    return {
      id,
      type: 'function',
      function: { name, arguments: text === '' ? '{}' : text },
      ...(isOwn ? { extra_content: { google: { thought_signature: signature.value } } } : {}),
    };
  }

  /**
   * Reasoning of an earlier turn, where the vendor wants it. Signatures go back to their issuer alone. Kimi and
   * DeepSeek refuse a tool-call turn whose `reasoning_content` is absent or empty, but take a blank.
   */
  private reasoning(content: readonly ContentPart[], hasCalls: boolean): JsonObject {
    const field = this.quirks.reasoningHistory ?? 'drop';
    if (field === 'drop') return {};
    const text = ofType(content, 'thinking')
      .map((part) => part.text)
      .join('');
    if (field === 'reasoning_content') {
      return text !== '' || hasCalls ? { reasoning_content: text === '' ? ' ' : text } : {};
    }
    const details = encodeDetails(content.filter((part) => this.isOwnThinking(part)));
    return {
      ...(text === '' ? {} : { reasoning: text }),
      ...(details ? { reasoning_details: details } : {}),
    };
  }

  private isOwnThinking(part: ContentPart): boolean {
    if (part.type === 'thinking') return part.signature?.issuer === this.target.issuer;
    return part.type === 'redacted-thinking' && part.issuer === this.target.issuer;
  }

  /** One `tool` message a call; what such a message cannot hold follows in one user message. */
  private toolResults(results: readonly ToolResultPart[]): JsonObject[] {
    const moved: JsonObject[] = [];
    const messages = results.map((result) => this.toolResult(result, moved));
    return moved.length === 0 ? messages : [...messages, { role: 'user', content: moved }];
  }

  private toolResult(result: ToolResultPart, moved: JsonObject[]): JsonObject {
    const lines: string[] = [];
    for (const encoded of result.content.flatMap((part) => this.part(part))) {
      const text = encoded['type'] === 'text' ? asString(encoded['text']) : undefined;
      if (text !== undefined) lines.push(text);
      else {
        const name = encoded['type'] === 'file' ? 'file' : 'image';
        lines.push(`[The ${name} of this result is in the next user message.]`);
        moved.push({ type: 'text', text: `The ${name} of tool result ${result.callId}:` }, encoded);
      }
    }
    const content = lines.join('\n');
    return {
      role: 'tool',
      tool_call_id: result.callId,
      content: result.isError ? `Error: ${content}` : content,
    };
  }
}

/** The messages for one vendor, and what they could not carry. */
export function encodeMessages(messages: readonly Message[], target: EncodeTarget) {
  const encoder = new MessagesEncoder(target);
  return { messages: encoder.encode(messages), warnings: [...encoder.warnings] };
}
