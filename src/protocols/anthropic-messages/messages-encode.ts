import { invalidRequest } from '../../core/errors.js';
import { asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { ContentPart, Message, ToolResultPart } from '../completion.js';
import {
  encodeCacheControl,
  encodeDocument,
  encodeImage,
  encodeRedacted,
  encodeText,
  encodeThinking,
  encodeToolUse,
} from './content-encode.js';
import { ToolIds } from './tool-ids.js';
import { compact } from './wire.js';

export interface EncodedMessages {
  system?: string | JsonObject[] | undefined;
  messages: JsonObject[];
  warnings: string[];
}

interface Turn {
  role: 'user' | 'assistant' | 'system';
  content: JsonObject[];
}

/** Stands where Anthropic needs a user turn and the caller sent none. */
const PLACEHOLDER: JsonObject = { type: 'text', text: '.' };

/**
 * Turns → `system` and `messages`. Instructions before the first other turn become `system`, later ones stay in
 * place. Adjacent turns of one role become one, with tool results first. Empty texts and turns with nothing
 * left are dropped. Thinking goes only to `issuer`, who signed it.
 */
export function encodeMessages(messages: Message[], issuer: string): EncodedMessages {
  const firstOther = messages.findIndex((message) => message.role !== 'system');
  const split = firstOther === -1 ? messages.length : firstOther;
  const encoder = new TurnEncoder(issuer);
  const system = messages.slice(0, split).flatMap((message) => encoder.content(message));
  const turns: Turn[] = [];
  for (const message of messages.slice(split)) {
    const turn = { role: wireRole(message.role), content: encoder.content(message) };
    if (turn.content.length > 0) append(turns, turn);
  }
  trimLastAnswer(turns);
  if (turns[0]?.role !== 'user') {
    turns.unshift({ role: 'user', content: [PLACEHOLDER] });
    encoder.warnings.add('a user message was put first: this protocol cannot start without one');
  }
  return compact<EncodedMessages>({
    system: system.length === 0 ? undefined : plainOr(system),
    messages: turns.map(({ role, content }) => ({ role, content: plainOr(content) })),
    warnings: [...encoder.warnings],
  });
}

const wireRole = (role: Message['role']): Turn['role'] => (role === 'tool' ? 'user' : role);

/** A lone text without any other member is written as a string. */
function plainOr(content: JsonObject[]): string | JsonObject[] {
  const [only] = content;
  const isPlain = content.length === 1 && only?.['type'] === 'text' && Object.keys(only).length === 2;
  return isPlain ? (asString(only['text']) ?? content) : content;
}

function append(turns: Turn[], turn: Turn): void {
  const last = turns.at(-1);
  if (last?.role !== turn.role) {
    turns.push(turn);
    return;
  }
  const content = [...last.content, ...turn.content];
  const isResult = (block: JsonObject) => block['type'] === 'tool_result';
  last.content =
    turn.role === 'user' ? [...content.filter(isResult), ...content.filter((b) => !isResult(b))] : content;
}

/** A last assistant turn is continued by the model and may not end in white space (Anthropic API, "Prefill"). */
function trimLastAnswer(turns: Turn[]): void {
  const last = turns.at(-1);
  const block = last?.content.at(-1);
  if (last?.role !== 'assistant' || block?.['type'] !== 'text') return;
  const text = asString(block['text'])?.trimEnd() ?? '';
  if (text === '') last.content.pop();
  else last.content[last.content.length - 1] = { ...block, text };
  if (last.content.length === 0) turns.pop();
}

/** A web search citation is checked against its encrypted index; one without it would be refused. */
const isReplayable = (citation: JsonValue): boolean =>
  isObject(citation) && citation['encrypted_index'] !== '' && citation['type'] !== 'url_citation';

class TurnEncoder {
  readonly warnings = new Set<string>();
  private readonly ids = new ToolIds();

  constructor(private readonly issuer: string) {}

  content(message: Message): JsonObject[] {
    if (message.role === 'assistant') this.ids.turn();
    return message.content.flatMap((part) => this.part(part));
  }

  private part(part: ContentPart): JsonObject[] {
    switch (part.type) {
      case 'text':
        return encodeText({ ...part, citations: part.citations?.filter(isReplayable) });
      case 'refusal':
        return encodeText({ type: 'text', text: part.text });
      case 'image':
        return [encodeImage(part)];
      case 'document':
        return [encodeDocument(part)];
      case 'audio':
        throw invalidRequest('messages: audio input cannot be sent to this model', 'messages');
      case 'tool-call':
        return [encodeToolUse(part, this.ids.call(part.id))];
      case 'tool-result':
        return [this.result(part)];
      case 'thinking':
        return this.replays(part.signature?.issuer) ? [encodeThinking(part)] : [];
      case 'redacted-thinking':
        return this.replays(part.issuer) ? [encodeRedacted(part)] : [];
      case 'opaque':
        return this.opaque(part);
    }
  }

  private replays(issuer: string | undefined): boolean {
    if (issuer === this.issuer) return true;
    this.warnings.add('thinking of another model was dropped from the history');
    return false;
  }

  private opaque(part: Extract<ContentPart, { type: 'opaque' }>): JsonObject[] {
    if (part.protocol === 'anthropic-messages') return [part.raw];
    this.warnings.add(
      `a ${asString(part.raw['type']) ?? 'foreign'} block was dropped: this protocol has no word for it`,
    );
    return [];
  }

  private result(part: ToolResultPart): JsonObject {
    const content = part.content.flatMap((inner) => this.part(inner));
    return compact<JsonObject>({
      type: 'tool_result',
      tool_use_id: this.ids.result(part.callId),
      content: content.length === 0 ? undefined : plainOr(content),
      is_error: part.isError,
      cache_control: encodeCacheControl(part.cacheControl),
    });
  }
}
