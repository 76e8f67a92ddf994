import { invalidRequest } from '../../core/errors.js';
import { asArray, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { ContentPart, Message, ToolResultPart } from '../completion.js';
import { argumentsText } from '../openai-chat/messages-decode.js';
import { readArray, readString, readWord, requireObject, requireString } from '../openai-chat/wire.js';
import { decodeInputContent } from './input-content.js';
import { isMarked, readEncrypted } from './signature.js';
import { flatName } from './client-tools.js';

const ROLES = ['user', 'assistant', 'system', 'developer'] as const;

/** What decoding the input found. */
export interface DecodedInput {
  messages: Message[];
  /** See CompletionRequest.rewriteMessages. */
  rewriteMessages: boolean;
}

/** Text of a reasoning item: its summary, else the thinking itself, which open models give. */
export function reasoningText(item: JsonObject): string {
  const textOf = (list: JsonValue | undefined): string =>
    asArray(list)
      .filter(isObject)
      .map((part) => asString(part['text']) ?? '')
      .filter((text) => text !== '')
      .join('\n\n');
  return textOf(item['summary']) || textOf(item['content']);
}

type ItemReader = (state: InputDecoder, item: JsonObject, path: string) => void;

/** Reads items one by one; what one model turn said becomes one assistant message, its answers one tool message. */
class InputDecoder {
  readonly messages: Message[] = [];
  rewriteMessages = false;

  add(value: JsonValue, path: string): void {
    const item = requireObject(value, path);
    const type = readString(item, 'type', path) ?? (item['role'] === undefined ? undefined : 'message');
    if (type === undefined) throw invalidRequest(`${path}.type is required`, `${path}.type`);
    const read = READERS.get(type);
    if (read) read(this, item, path);
    // Items that only this protocol knows (searches, shells, compaction) go back to it as they came.
    else this.assistant([{ type: 'opaque', protocol: 'openai-responses', raw: item }]);
  }

  message(item: JsonObject, path: string): void {
    requireString(item, 'role', path);
    const role = readWord(item, 'role', ROLES, path) ?? 'user';
    const content = decodeInputContent(item['content'], `${path}.content`);
    if (role === 'assistant') {
      const isSpoken = content.every((part) => part.type === 'text' || part.type === 'refusal');
      if (!isSpoken)
        throw invalidRequest('An assistant message can hold text and refusals only', `${path}.content`);
      this.assistant(content);
      return;
    }
    const wrong = content.find(
      (part) => part.type === 'refusal' || (role !== 'user' && part.type !== 'text'),
    );
    if (wrong) throw invalidRequest(`A ${role} message cannot hold ${wrong.type} content`, `${path}.content`);
    this.messages.push({
      role: role === 'user' ? 'user' : 'system',
      content,
      ...(role === 'developer' ? { developer: true } : {}),
    });
  }

  functionCall(item: JsonObject, path: string): void {
    const given = item['arguments'];
    if (given !== undefined && given !== null && typeof given !== 'string') {
      throw invalidRequest(`${path}.arguments must be a string`, `${path}.arguments`);
    }
    this.call(item, path, argumentsText(given));
  }

  customCall(item: JsonObject, path: string): void {
    this.call(item, path, JSON.stringify({ input: readString(item, 'input', path) ?? '' }));
  }

  output(item: JsonObject, path: string): void {
    const callId = requireString(item, 'call_id', path);
    const content = decodeInputContent(item['output'], `${path}.output`).flatMap((part) => {
      if (part.type === 'audio') throw invalidRequest(`${path}.output cannot hold audio`, `${path}.output`);
      return part.type === 'refusal' ? [{ type: 'text' as const, text: part.text }] : [part];
    });
    const result: ToolResultPart = { type: 'tool-result', callId, content };
    const last = this.messages.at(-1);
    if (last?.role === 'tool') last.content.push(result);
    else this.messages.push({ role: 'tool', content: [result] });
  }

  reasoning(item: JsonObject, path: string): void {
    readArray(item, 'summary', path);
    readArray(item, 'content', path);
    const text = reasoningText(item);
    const content = readString(item, 'encrypted_content', path);
    if (!content) {
      this.assistant([{ type: 'thinking', text }]);
      return;
    }
    this.rewriteMessages ||= isMarked(content);
    const encrypted = readEncrypted(content, item['id']);
    const { signature } = encrypted;
    if (encrypted.kind === 'call') this.signCall(encrypted.callId, signature);
    else if (encrypted.kind === 'redacted')
      this.assistant([{ type: 'redacted-thinking', data: signature.value, issuer: signature.issuer }]);
    else this.assistant([{ type: 'thinking', text, signature }]);
  }

  private call(item: JsonObject, path: string, text: string): void {
    const name = requireString(item, 'name', path);
    const id = requireString(item, 'call_id', path);
    const namespace = readString(item, 'namespace', path);
    this.assistant([{ type: 'tool-call', id, name: flatName(name, namespace), arguments: text }]);
  }

  /** A vendor's signature on a call that was carried in a reasoning item after it. */
  private signCall(callId: string, signature: { issuer: string; value: string }): void {
    for (const message of this.messages.toReversed()) {
      const call = message.content.find((part) => part.type === 'tool-call' && part.id === callId);
      if (call?.type !== 'tool-call') continue;
      call.signature = signature;
      return;
    }
  }

  private assistant(content: ContentPart[]): void {
    const last = this.messages.at(-1);
    if (last?.role === 'assistant') last.content.push(...content);
    else this.messages.push({ role: 'assistant', content });
  }
}

const READERS: ReadonlyMap<string, ItemReader> = new Map<string, ItemReader>([
  ['message', (state, item, path) => state.message(item, path)],
  ['function_call', (state, item, path) => state.functionCall(item, path)],
  ['custom_tool_call', (state, item, path) => state.customCall(item, path)],
  ['function_call_output', (state, item, path) => state.output(item, path)],
  ['custom_tool_call_output', (state, item, path) => state.output(item, path)],
  ['reasoning', (state, item, path) => state.reasoning(item, path)],
  [
    'item_reference',
    (_, __, path) => {
      throw invalidRequest(
        `${path}: responses are not kept here, so an item cannot be referred to: set "store" to false, and clients ` +
          'send the item itself (AI SDK: providerOptions.openai.store)',
        path,
        'item_reference_not_supported',
      );
    },
  ],
]);

/** Reads `instructions` and `input`, a text or a list of items that must not be empty. */
export function decodeInput(body: JsonObject): DecodedInput {
  const decoder = new InputDecoder();
  const instructions = readString(body, 'instructions');
  if (instructions)
    decoder.messages.push({ role: 'system', content: [{ type: 'text', text: instructions }] });
  const { input } = body;
  if (typeof input === 'string' && input !== '') {
    decoder.messages.push({ role: 'user', content: [{ type: 'text', text: input }] });
  } else if (Array.isArray(input) && input.length > 0) {
    input.forEach((item, index) => decoder.add(item, `input.${index}`));
  } else {
    throw invalidRequest('input is required: a string or an array of at least one item', 'input');
  }
  return { messages: decoder.messages, rewriteMessages: decoder.rewriteMessages };
}
