import { createHash } from 'node:crypto';
import { invalidRequest } from '../../core/errors.js';
import { asString, type JsonObject } from '../../core/json.js';
import type {
  ContentPart,
  DocumentPart,
  ImagePart,
  Message,
  OpaquePart,
  ThinkingPart,
  ToolCallPart,
  ToolResultPart,
} from '../completion.js';
import type { EncodeTarget } from '../protocol.js';
import type { ToolNames } from '../tool-names.js';
import { dropped } from '../warnings.js';
import { splitSignature } from './signature.js';
import { compact } from './wire.js';

/** Longest `call_id` that OpenAI takes. */
const MAX_CALL_ID = 64;

/** A longer id becomes its hash, the same for the call and for its output. */
const callId = (id: string): string =>
  id.length <= MAX_CALL_ID ? id : `call_${createHash('sha256').update(id).digest('hex').slice(0, 48)}`;

const dataUrl = (mediaType: string, data: string): string => `data:${mediaType};base64,${data}`;

const inputText = (text: string): JsonObject => ({ type: 'input_text', text });

function encodeImage({ source, detail }: ImagePart): JsonObject {
  const image: JsonObject =
    source.kind === 'file'
      ? { file_id: source.id }
      : { image_url: source.kind === 'url' ? source.url : dataUrl(source.mediaType, source.data) };
  return { type: 'input_image', ...image, detail: detail ?? 'auto' };
}

/** The lines that are said, in front of what they are about. */
const headOf = (...lines: (string | undefined)[]): string =>
  lines.filter((line) => line !== undefined && line !== '').join('\n');

const behind = (head: string, parts: JsonObject[]): JsonObject[] =>
  head === '' ? parts : [inputText(head), ...parts];

/** A document with its title and context: before its text, or as the name of its file and a text before it. */
function encodeDocument(part: DocumentPart): JsonObject[] {
  const { source, title, context } = part;
  const head = headOf(title, context);
  const titled = (text: string): JsonObject[] => [inputText(head === '' ? text : `${head}\n\n${text}`)];
  switch (source.kind) {
    case 'text':
      return titled(source.text);
    case 'parts': {
      const parts = source.parts.map((inner) =>
        inner.type === 'text' ? inputText(inner.text) : encodeImage(inner),
      );
      return behind(head, parts);
    }
    case 'file':
      return [{ type: 'input_file', file_id: source.id }];
    case 'url':
      return behind(headOf(context), [{ type: 'input_file', file_url: source.url }]);
    case 'base64': {
      if (source.mediaType.startsWith('text/'))
        return titled(Buffer.from(source.data, 'base64').toString('utf8'));
      const file = { filename: title ?? 'document.pdf', file_data: dataUrl(source.mediaType, source.data) };
      return behind(headOf(context), [{ type: 'input_file', ...file }]);
    }
  }
}

/** Writes items for one vendor. One instance per request; collects what could not be carried. */
class InputEncoder {
  readonly warnings = new Set<string>();

  constructor(
    private readonly target: EncodeTarget,
    private readonly names: ToolNames,
  ) {}

  encode(messages: readonly Message[]): JsonObject[] {
    return messages.flatMap((message) => {
      if (message.role === 'assistant') return message.content.flatMap((part) => this.spoken(part));
      if (message.role === 'tool')
        return message.content.flatMap((part) => (part.type === 'tool-result' ? [this.result(part)] : []));
      return this.instructionOrUser(message);
    });
  }

  private instructionOrUser(message: Message): JsonObject[] {
    const content = message.content.flatMap((part) => this.part(part));
    if (content.length === 0) return [];
    const own = message.developer ? 'developer' : 'system';
    const role = message.role === 'user' ? 'user' : (this.target.quirks.systemRole ?? own);
    return [{ type: 'message', role, content }];
  }

  private part(part: ContentPart): JsonObject[] {
    switch (part.type) {
      case 'text':
        return part.text === '' ? [] : [inputText(part.text)];
      case 'image':
        return [encodeImage(part)];
      case 'document':
        return encodeDocument(part);
      case 'audio':
        throw invalidRequest('input: audio input cannot be sent to this model', 'input');
      case 'opaque':
        return this.opaque(part);
      default:
        return [];
    }
  }

  /** One part of an assistant turn, as an item of its own. */
  private spoken(part: ContentPart): JsonObject[] {
    switch (part.type) {
      case 'text':
        return part.text === '' ? [] : [this.said({ type: 'output_text', text: part.text })];
      case 'refusal':
        return [this.said({ type: 'refusal', refusal: part.text })];
      case 'thinking':
        return this.thinking(part);
      case 'redacted-thinking':
        this.noteForeign();
        return [];
      case 'tool-call':
        return [this.call(part)];
      case 'opaque':
        return this.opaque(part);
      default:
        return [];
    }
  }

  private said(content: JsonObject): JsonObject {
    return { type: 'message', role: 'assistant', content: [content] };
  }

  private call({ id, name, arguments: text, signature }: ToolCallPart): JsonObject {
    if (signature) this.warnings.add(dropped('input.function_call.signature', 'another model made it'));
    return {
      type: 'function_call',
      call_id: callId(id),
      name: this.names.wire(name),
      arguments: text === '' ? '{}' : text,
    };
  }

  /** Reasoning goes back to its issuer alone, under the id it was made for; what nobody signed cannot be checked. */
  private thinking({ text, signature }: ThinkingPart): JsonObject[] {
    if (signature?.issuer !== this.target.issuer) {
      this.noteForeign();
      return [];
    }
    const { id, content } = splitSignature(signature.value);
    const summary = text === '' ? [] : [{ type: 'summary_text', text }];
    return [compact<JsonObject>({ type: 'reasoning', id, summary, encrypted_content: content })];
  }

  private noteForeign(): void {
    this.warnings.add(dropped('input.reasoning', 'another model made it'));
  }

  private opaque({ protocol, raw }: OpaquePart): JsonObject[] {
    if (protocol === 'openai-responses') return [raw];
    if (raw['type'] === 'tool_reference')
      return [inputText(`Tool now available: ${asString(raw['tool_name']) ?? 'unnamed'}`)];
    const type = asString(raw['type']) ?? 'block';
    this.warnings.add(dropped(`input.${type}`, "this model's provider cannot read it"));
    return [];
  }

  /** An output is a text, or parts when it holds more than text (row 15). */
  private result(result: ToolResultPart): JsonObject {
    const parts = result.content.flatMap((part) => this.part(part));
    if (result.isError) parts.unshift(inputText('Error:'));
    const isText = parts.every((part) => part['type'] === 'input_text');
    const lines = parts.map((part) => asString(part['text']) ?? '');
    const output = isText ? lines.join(result.isError ? ' ' : '\n') : parts;
    return { type: 'function_call_output', call_id: callId(result.callId), output };
  }
}

/** The items for one vendor, and what they could not carry. */
export function encodeInput(messages: readonly Message[], target: EncodeTarget, names: ToolNames) {
  const encoder = new InputEncoder(target, names);
  return { input: encoder.encode(messages), warnings: [...encoder.warnings] };
}
