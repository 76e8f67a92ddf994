import { invalidRequest } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import { asArray, asObject, asString, isObject } from '../../core/json.js';
import type {
  ContentPart,
  Message,
  OpaquePart,
  ThinkingSignature,
  ToolCallPart,
  ToolResultPart,
} from '../completion.js';
import { decodeContent } from './content.js';
import { decodeThinking, plainReasoning } from './reasoning.js';
import { readArray, readObject, readString, readWord, requireObject, requireString } from './wire.js';

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;

/** Content parts that most vendors refuse: Octen's bare image and Mistral's thinking. */
const SEED_PARTS: ReadonlySet<unknown> = new Set(['image', 'thinking']);

/** What decoding the messages found. */
export interface DecodedMessages {
  messages: Message[];
  /** See CompletionRequest.rewriteMessages. */
  rewriteMessages: boolean;
}

/** Tool arguments as JSON text: "" means none, and an object (Ollama) is written out. */
export function argumentsText(value: JsonValue | undefined): string {
  if (isObject(value)) return JSON.stringify(value);
  const text = asString(value) ?? '';
  return text.trim() === '' ? '{}' : text;
}

/** Google's signature on a call, in the place its Chat-compatible endpoint uses. */
export function callSignature(call: JsonObject): ThinkingSignature | undefined {
  const google = asObject(asObject(call['extra_content'])?.['google']);
  const value = asString(google?.['thought_signature']);
  return value ? { issuer: 'google', value } : undefined;
}

/** Kinds of calls: OpenAI's two, and Moonshot's of tools that it brings itself. */
const CALL_KINDS = ['function', 'custom', 'builtin_function'] as const;

/** A call of another kind than function stays as it came; of a custom tool's, what OpenAI asks for must be there. */
function decodeOwnCall(raw: JsonObject, path: string): OpaquePart {
  requireString(raw, 'id', path);
  if (raw['type'] === 'custom') {
    const custom = requireObject(raw['custom'], `${path}.custom`);
    requireString(custom, 'name', `${path}.custom`);
    readString(custom, 'input', `${path}.custom`);
  }
  return { type: 'opaque', protocol: 'openai-chat', raw };
}

function decodeToolCall(value: JsonValue, path: string): ToolCallPart | OpaquePart {
  const call = requireObject(value, path);
  const kind = readWord(call, 'type', CALL_KINDS, path) ?? 'function';
  if (kind !== 'function') return decodeOwnCall(call, path);
  const named = requireObject(call['function'], `${path}.function`);
  const given = named['arguments'];
  if (given !== undefined && given !== null && typeof given !== 'string' && !isObject(given)) {
    throw invalidRequest(`${path}.function.arguments must be a string`, `${path}.function.arguments`);
  }
  const signature = callSignature(call);
  return {
    type: 'tool-call',
    id: requireString(call, 'id', path),
    name: requireString(named, 'name', `${path}.function`),
    arguments: argumentsText(given),
    ...(signature ? { signature } : {}),
  };
}

/** The id that ties a legacy `function_call` to the `function` message after it. */
const legacyCallId = (turn: number): string => `call_legacy_${turn}`;

/** Reads messages one by one; a run of tool messages becomes one. */
class MessagesDecoder {
  readonly messages: Message[] = [];
  rewriteMessages = false;
  private legacyTurn = 0;

  add(value: JsonValue, path: string): void {
    const message = requireObject(value, path);
    requireString(message, 'role', path);
    const role = readWord(message, 'role', ROLES, path) ?? 'user';
    if (role === 'tool' || role === 'function') this.addResult(message, path, role);
    else if (role === 'assistant') this.messages.push(this.assistant(message, path));
    else this.messages.push(this.instructionOrUser(message, path, role));
  }

  private content(message: JsonObject, path: string): ContentPart[] {
    const { content } = message;
    this.rewriteMessages ||=
      Array.isArray(content) && content.some((part) => isObject(part) && SEED_PARTS.has(part['type']));
    return decodeContent(content, `${path}.content`);
  }

  private instructionOrUser(
    message: JsonObject,
    path: string,
    role: 'system' | 'developer' | 'user',
  ): Message {
    if (message['content'] === undefined || message['content'] === null) {
      throw invalidRequest(`${path}.content is required`, `${path}.content`);
    }
    const content = this.content(message, path);
    const name = readString(message, 'name', path);
    const wrong = content.find(
      (part) => part.type === 'refusal' || (role !== 'user' && part.type !== 'text'),
    );
    if (wrong) throw invalidRequest(`A ${role} message cannot hold ${wrong.type} content`, `${path}.content`);
    return {
      role: role === 'user' ? 'user' : 'system',
      content,
      ...(role === 'developer' ? { developer: true } : {}),
      ...(name === undefined ? {} : { name }),
    };
  }

  private assistant(message: JsonObject, path: string): Message {
    const refusal = readString(message, 'refusal', path);
    const name = readString(message, 'name', path);
    // DeepSeek's member alone, which vendors of `reasoning` do not read.
    const isTold = message['reasoning'] || asArray(message['reasoning_details']).length > 0;
    this.rewriteMessages ||= !isTold && plainReasoning(message) !== '';
    const calls = (readArray(message, 'tool_calls', path) ?? []).map((call, index) =>
      decodeToolCall(call, `${path}.tool_calls.${index}`),
    );
    return {
      role: 'assistant',
      content: [
        ...decodeThinking(message),
        ...this.content(message, path),
        ...(refusal ? [{ type: 'refusal' as const, text: refusal }] : []),
        ...calls,
        ...this.legacyCall(message, path),
      ],
      ...(name === undefined ? {} : { name }),
    };
  }

  private legacyCall(message: JsonObject, path: string): ToolCallPart[] {
    const call = readObject(message, 'function_call', path);
    if (!call) return [];
    this.legacyTurn += 1;
    const name = requireString(call, 'name', `${path}.function_call`);
    const id = legacyCallId(this.legacyTurn);
    return [{ type: 'tool-call', id, name, arguments: argumentsText(call['arguments']) }];
  }

  private addResult(message: JsonObject, path: string, role: 'tool' | 'function'): void {
    const callId =
      role === 'tool' ? requireString(message, 'tool_call_id', path) : legacyCallId(this.legacyTurn);
    const content = this.content(message, path).filter(
      (part) => part.type === 'text' || part.type === 'image' || part.type === 'document',
    );
    const result: ToolResultPart = { type: 'tool-result', callId, content };
    const last = this.messages.at(-1);
    if (last?.role === 'tool') last.content.push(result);
    else this.messages.push({ role: 'tool', content: [result] });
  }
}

/** Reads `messages`, which must be a non-empty array. */
export function decodeMessages(body: JsonObject): DecodedMessages {
  const list = readArray(body, 'messages');
  if (!list || list.length === 0) {
    throw invalidRequest('messages is required and must hold at least one message', 'messages');
  }
  const decoder = new MessagesDecoder();
  list.forEach((message, index) => decoder.add(message, `messages.${index}`));
  return { messages: decoder.messages, rewriteMessages: decoder.rewriteMessages };
}
