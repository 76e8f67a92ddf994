import { invalidRequest } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import { asString } from '../../core/json.js';
import type { ContentPart, Message, OpaquePart, ToolCallPart, ToolResultPart } from '../completion.js';
import type { EncodeTarget, WireQuirks } from '../protocol.js';
import type { ToolNames } from '../tool-names.js';
import { ANSWERED } from '../unplaced.js';
import { dropped } from '../warnings.js';
import {
  encodeAudio,
  encodeCacheControl,
  encodeDocument,
  encodeImage,
  encodeText,
  joined,
  unmarked,
} from './content.js';
import { ownCall } from './own-calls.js';
import { encodeDetails, isFormatIssuer, plainDetails } from './reasoning.js';
import { nineAlphanumerics } from './short-ids.js';
import { joinedTurns } from './turns.js';

type PartOf<T extends ContentPart['type']> = Extract<ContentPart, { type: T }>;

const ofType = <T extends ContentPart['type']>(content: readonly ContentPart[], type: T): PartOf<T>[] =>
  content.filter((part): part is PartOf<T> => part.type === type);

const isLoneSignature = (part: ContentPart | undefined): part is PartOf<'thinking'> =>
  part?.type === 'thinking' && part.text === '' && part.signature?.issuer === 'google';

/** Google's signature of a call, which clients of Messages bring back as an empty thought before it (mapping row 41). */
function withCallSignatures(content: ContentPart[]): ContentPart[] {
  if (!content.some(isLoneSignature)) return content;
  return content.flatMap((part, index) => {
    if (isLoneSignature(part) && content[index + 1]?.type === 'tool-call') return [];
    const before = content[index - 1];
    return part.type === 'tool-call' && isLoneSignature(before)
      ? [{ ...part, signature: before.signature }]
      : [part];
  });
}

const line = (text: string): JsonObject => ({ type: 'text', text });

const FOREIGN = 'another model made it';

/** Who signed a part; undefined for one that nobody did. */
function issuerOf(part: ContentPart): string | undefined {
  if (part.type === 'redacted-thinking') return part.issuer;
  return part.type === 'thinking' ? part.signature?.issuer : undefined;
}

/** Whether a vendor takes signatures of this issuer: its own, and where it passes them on by `format` those it can name. */
const takesSignature = (issuer: string, { issuer: own, quirks }: EncodeTarget): boolean =>
  issuer === own || (quirks.reasoningHistory === 'reasoning' && isFormatIssuer(issuer));

/** Whether any of it was signed by another than the vendor it is for. */
export const hasForeignSignature = (content: readonly ContentPart[], target: EncodeTarget): boolean =>
  content.map(issuerOf).some((issuer) => issuer !== undefined && !takesSignature(issuer, target));

/** Writes messages for one vendor. One instance per request; collects what could not be carried. */
class MessagesEncoder {
  readonly warnings = new Set<string>();
  private readonly quirks: WireQuirks;

  constructor(
    private readonly target: EncodeTarget,
    private readonly names: ToolNames | undefined,
  ) {
    this.quirks = target.quirks;
  }

  encode(messages: readonly Message[]): JsonObject[] {
    // Messages continues a last assistant turn; Chat answers it (mapping row 7).
    if (this.names && messages.at(-1)?.role === 'assistant') {
      this.warnings.add(ANSWERED);
    }
    const turns = this.names ? joinedTurns(messages) : messages;
    return turns.flatMap((message) => {
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
      ...this.name(message),
    };
  }

  private name({ name }: Message): JsonObject {
    if (name === undefined) return {};
    if (this.quirks.messageNames !== false) return { name };
    this.warnings.add(dropped('messages.name', "this model's provider does not take it"));
    return {};
  }

  private callId(id: string): string {
    return this.quirks.toolCallIds === 'nine-alphanumerics' ? nineAlphanumerics(id) : id;
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
        this.checkImage(part);
        return [this.marked(encodeImage(part), part)];
      case 'document':
        return this.document(part);
      case 'audio':
        return [encodeAudio(part)];
      case 'opaque':
        return this.opaque(part);
      default:
        return [];
    }
  }

  /** An image that nobody would fetch must not be lost in silence (row 44). */
  private checkImage({ source }: PartOf<'image'>): void {
    if (this.quirks.imageUrls !== false || source.kind !== 'url') return;
    throw invalidRequest(
      'messages: this model takes no image by URL; send it as a base64 data URL',
      'messages',
    );
  }

  private document(part: PartOf<'document'>): JsonObject[] {
    const why = "this model's provider does not take it";
    if (part.context !== undefined) this.warnings.add(dropped('messages.document.context', why));
    if (part.citationsEnabled) this.warnings.add(dropped('messages.document.citations', why));
    return encodeDocument(part).map((encoded) => this.marked(encoded, part));
  }

  private marked(encoded: JsonObject, part: Pick<PartOf<'text'>, 'cacheControl'>): JsonObject {
    if (!part.cacheControl) return encoded;
    if (!this.quirks.cacheControl) {
      this.warnings.add(unmarked(this.quirks));
      return encoded;
    }
    return { ...encoded, cache_control: encodeCacheControl(part.cacheControl) };
  }

  private opaque({ protocol, raw }: OpaquePart): JsonObject[] {
    if (protocol === 'openai-chat') return [raw];
    const type = asString(raw['type']) ?? 'content';
    this.warnings.add(dropped(`messages.${type}`, "this model's provider cannot read it"));
    return [];
  }

  private assistant(message: Message): JsonObject {
    const content = withCallSignatures(message.content);
    const calls = content.flatMap((part) => this.calls(part));
    const refusals = ofType(content, 'refusal').map((part) => part.text);
    for (const part of ofType(content, 'opaque')) this.opaque(part);
    const texts = ofType(content, 'text').flatMap((part) => this.part(part));
    return {
      role: 'assistant',
      content: texts.length === 0 && (calls.length > 0 || refusals.length > 0) ? null : joined(texts, ''),
      ...this.reasoning(content, calls.length > 0),
      ...(refusals.length > 0 ? { refusal: refusals.join('') } : {}),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
      ...this.name(message),
    };
  }

  private calls(part: ContentPart): JsonObject[] {
    if (part.type === 'tool-call') return [this.call(part)];
    const own = ownCall(part);
    return own ? [{ ...own.raw, id: this.callId(own.id) }] : [];
  }

  private call(part: ToolCallPart): JsonObject {
    const { id, name, arguments: text, signature } = part;
    if (part.cacheControl) this.warnings.add(unmarked(this.quirks));
    const isOwn = signature?.issuer === 'google' && this.target.issuer === 'google';
    if (signature && !isOwn) this.warnings.add(dropped('messages.tool_calls.signature', FOREIGN));
    return {
      id: this.callId(id),
      type: 'function',
      function: { name: this.names?.wire(name) ?? name, arguments: text === '' ? '{}' : text },
      ...(isOwn ? { extra_content: { google: { thought_signature: signature.value } } } : {}),
    };
  }

  /**
   * Reasoning of an earlier turn, where the vendor wants it. Signatures go back to their issuer alone. Kimi and
   * DeepSeek refuse a tool-call turn whose `reasoning_content` is absent or empty, but take a blank.
   */
  private reasoning(content: readonly ContentPart[], hasCalls: boolean): JsonObject {
    const field = this.quirks.reasoningHistory ?? 'drop';
    const isThinking = (part: ContentPart): boolean =>
      part.type === 'thinking' || part.type === 'redacted-thinking';
    if (field === 'drop') {
      if (content.some(isThinking)) {
        this.warnings.add(dropped('messages.thinking', "this model's provider does not take it back"));
      }
      return {};
    }
    if (hasForeignSignature(content, this.target)) {
      this.warnings.add(dropped('messages.thinking.signature', FOREIGN));
    }
    const text = ofType(content, 'thinking')
      .map((part) => part.text)
      .join('');
    if (field === 'reasoning_content') {
      return text !== '' || hasCalls ? { reasoning_content: text === '' ? ' ' : text } : {};
    }
    if (field === 'reasoning_details') return text === '' ? {} : { reasoning_details: plainDetails(text) };
    const details = encodeDetails(content.filter((part) => this.isOwnThinking(part)));
    return {
      ...(text === '' ? {} : { reasoning: text }),
      ...(details ? { reasoning_details: details } : {}),
    };
  }

  private isOwnThinking(part: ContentPart): boolean {
    const issuer = issuerOf(part);
    return issuer !== undefined && takesSignature(issuer, this.target);
  }

  /** One `tool` message a call; what such a message cannot hold follows in one user message. */
  private toolResults(results: readonly ToolResultPart[]): JsonObject[] {
    const moved: JsonObject[] = [];
    const messages = results.map((result) => this.toolResult(result, moved));
    return moved.length === 0 ? messages : [...messages, { role: 'user', content: moved }];
  }

  private toolResult(result: ToolResultPart, moved: JsonObject[]): JsonObject {
    const lines: JsonObject[] = [];
    for (const encoded of result.content.flatMap((part) => this.part(part))) {
      if (encoded['type'] === 'text') lines.push(encoded);
      else {
        const name = encoded['type'] === 'file' ? 'file' : 'image';
        lines.push(line(`[The ${name} of this result is in the next user message.]`));
        moved.push(line(`The ${name} of tool result ${result.callId}:`), encoded);
      }
    }
    const [first] = lines;
    if (result.isError)
      lines.splice(0, 1, { ...first, ...line(`Error: ${asString(first?.['text']) ?? ''}`) });
    const last = lines.pop();
    if (last) lines.push(this.marked(last, result));
    else if (result.cacheControl) this.warnings.add(unmarked(this.quirks));
    return { role: 'tool', tool_call_id: this.callId(result.callId), content: joined(lines, '\n') };
  }
}

/**
 * The messages for one vendor, and what they could not carry. Without `names` they are the caller's own Chat messages
 * said again, whose tool names and last turn stay as they are.
 */
export function encodeMessages(messages: readonly Message[], target: EncodeTarget, names?: ToolNames) {
  const encoder = new MessagesEncoder(target, names);
  return { messages: encoder.encode(messages), warnings: [...encoder.warnings] };
}
