import { invalidRequest } from '../../core/errors.js';
import { asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { ContentPart, ImagePart, Message, ToolCallPart, ToolResultPart } from '../completion.js';
import type { EncodeTarget } from '../protocol.js';
import type { ToolNames } from '../tool-names.js';
import { dropped } from '../warnings.js';
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
import { arrange, type Turn } from './turns.js';
import { compact } from './wire.js';

/** Turns as Messages takes them; `system` is absent where there are no instructions before the first turn. */
export interface EncodedMessages {
  system?: string | JsonObject[] | undefined;
  messages: JsonObject[];
  warnings: string[];
}

/**
 * Turns → `system` and `messages`. Instructions before the first other turn become `system`; later ones stay in place
 * where the model takes them there, and become marked user text where it does not (mapping rows 1 and 2). Thinking goes
 * only to the target's issuer, who signed it. Without `names` tool names stay as they are.
 */
export function encodeMessages(
  messages: readonly Message[],
  target: Pick<EncodeTarget, 'issuer' | 'quirks'>,
  names?: ToolNames,
): EncodedMessages {
  const firstOther = messages.findIndex((message) => message.role !== 'system');
  const split = firstOther === -1 ? messages.length : firstOther;
  const encoder = new TurnEncoder(target.issuer, names);
  const system = messages.slice(0, split).flatMap((message) => encoder.content(message));
  const given: Turn[] = [];
  for (const message of messages.slice(split)) {
    const content = encoder.content(message);
    // A system turn is taken behind a user turn only (Anthropic API, "Mid-conversation system messages").
    const before = given.at(-1)?.role;
    const staysInPlace = target.quirks.systemTurns !== false && (before === 'user' || before === 'system');
    if (message.role !== 'system') given.push({ role: wireRole(message.role), content });
    else if (staysInPlace) given.push({ role: 'system', content });
    else given.push({ role: 'user', content: content.map(reminder) });
  }
  const { turns, isLed } = arrange(given);
  if (isLed) encoder.warnings.add('messages: a user message was put first, because one must stand there');
  return compact<EncodedMessages>({
    system: system.length === 0 ? undefined : plainOr(system),
    messages: turns.map(({ role, content }) => ({ role, content: plainOr(content) })),
    warnings: [...encoder.warnings],
  });
}

const wireRole = (role: Message['role']): Turn['role'] => (role === 'tool' ? 'user' : role);

/** An instruction inside a user turn, marked as Claude Code marks it for models that take no system turns. */
const reminder = (block: JsonObject): JsonObject =>
  block['type'] === 'text'
    ? { ...block, text: `<system-reminder>\n${asString(block['text']) ?? ''}\n</system-reminder>` }
    : block;

/** A lone text without any other member is written as a string. */
function plainOr(content: JsonObject[]): string | JsonObject[] {
  const [only] = content;
  const isPlain = content.length === 1 && only?.['type'] === 'text' && Object.keys(only).length === 2;
  return isPlain ? (asString(only['text']) ?? content) : content;
}

/** A web search citation is checked against its encrypted index; one without it would be refused. */
const isReplayable = (citation: JsonValue): boolean =>
  isObject(citation) && citation['encrypted_index'] !== '' && citation['type'] !== 'url_citation';

class TurnEncoder {
  readonly warnings = new Set<string>();
  private readonly ids = new ToolIds();

  constructor(
    private readonly issuer: string,
    private readonly names: ToolNames | undefined,
  ) {}

  content(message: Message): JsonObject[] {
    if (message.role === 'assistant') this.ids.turn();
    if (message.name !== undefined)
      this.warnings.add(dropped('messages.name', 'this upstream has no such field'));
    return message.content.flatMap((part) => this.part(part));
  }

  private part(part: ContentPart): JsonObject[] {
    switch (part.type) {
      case 'text':
        return encodeText({ ...part, citations: part.citations?.filter(isReplayable) });
      case 'refusal':
        return encodeText({ type: 'text', text: part.text });
      case 'image':
        return this.image(part);
      case 'document':
        return [encodeDocument(part)];
      case 'audio':
        throw invalidRequest('messages: audio input cannot be sent to this model', 'messages');
      case 'tool-call':
        return this.call(part);
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

  private image(part: ImagePart): JsonObject[] {
    if (part.detail !== undefined && part.detail !== 'auto') {
      this.warnings.add(dropped('messages.image_url.detail', 'this upstream chooses the resolution'));
    }
    return [encodeImage(part)];
  }

  private replays(issuer: string | undefined): boolean {
    if (issuer === this.issuer) return true;
    this.warnings.add(dropped('messages.thinking', 'another model signed it'));
    return false;
  }

  private opaque(part: Extract<ContentPart, { type: 'opaque' }>): JsonObject[] {
    if (part.protocol === 'anthropic-messages') return [part.raw];
    const type = asString(part.raw['type']) ?? 'content';
    this.warnings.add(dropped(`messages.${type}`, 'this upstream cannot read it'));
    return [];
  }

  /** A signature that another vendor put on the call has no place in this protocol's blocks. */
  private call(part: ToolCallPart): JsonObject[] {
    if (part.signature) this.warnings.add(dropped('messages.tool_calls.signature', 'another model made it'));
    return [
      encodeToolUse({ ...part, name: this.names?.wire(part.name) ?? part.name }, this.ids.call(part.id)),
    ];
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
