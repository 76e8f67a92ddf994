import {
  asArray,
  asObject,
  asString,
  tryParseJson,
  type JsonObject,
  type JsonValue,
} from '../../core/json.js';
import type { ContentPart, ThinkingSignature, ToolCallPart } from '../completion.js';
import { encodeAnnotation } from './annotations.js';
import { ISSUER, splitSignature, writeEncrypted, type Encrypted } from './signature.js';
import type { ClientTools, WireTool } from './client-tools.js';
import { compact } from './wire.js';

/** Status of an item: under way, or over. */
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** A text of an answer, as it stands in a message item. SDKs fail without `annotations`. */
export const textPart = (text: string, annotations: JsonValue[] = [], logprobs: JsonValue[] = []) => ({
  type: 'output_text',
  annotations,
  logprobs,
  text,
});

/** The content of a message that declines. */
export const refusalPart = (refusal: string) => ({ type: 'refusal', refusal });

/** An output item: a message of the assistant. */
export const messageItem = (id: string, status: ItemStatus, content: JsonObject[]): JsonObject => ({
  id,
  type: 'message',
  status,
  role: 'assistant',
  content,
});

/** A reasoning item; without text the summary is empty. */
export const reasoningItem = (id: string, text: string, encrypted?: Encrypted): JsonObject =>
  compact<JsonObject>({
    id,
    type: 'reasoning',
    summary: text === '' ? [] : [{ type: 'summary_text', text }],
    encrypted_content: encrypted === undefined ? undefined : writeEncrypted(encrypted, id),
  });

/** The one text of a custom tool's arguments; arguments of another form are the text themselves. */
export function customInput(text: string): string {
  const input = asObject(tryParseJson(text))?.['input'];
  return asString(input) ?? text;
}

/** A call as an item, in the words in which the client declared the tool. */
export function callItem(
  call: { id: string; callId: string; tool: WireTool; arguments: string },
  status: ItemStatus,
): JsonObject {
  const { id, callId, tool } = call;
  const said = tool.custom
    ? { type: 'custom_tool_call', input: call.arguments === '' ? '' : customInput(call.arguments) }
    : { type: 'function_call', arguments: call.arguments };
  return compact<JsonObject>({
    id,
    ...said,
    status,
    call_id: callId,
    name: tool.name,
    namespace: tool.namespace,
  });
}

/** Ids of items: unique in the response, with the prefix of their kind. */
export class ItemIds {
  private readonly stem: string;

  constructor(responseId: string) {
    this.stem = responseId
      .replace(/^resp_/, '')
      .replace(/[^a-zA-Z0-9]/g, '')
      .slice(-32);
  }

  at(prefix: 'msg' | 'rs' | 'fc' | 'ctc', index: number): string {
    return `${prefix}_${this.stem}${index}`;
  }
}

/** An item that carries a vendor's signature on a call, right after the call. */
export const callSignatureItem = (id: string, callId: string, signature: ThinkingSignature): JsonObject =>
  reasoningItem(id, '', { kind: 'call', callId, signature });

/** Writes the parts of an answer as items, each text a message of its own (mapping row 58). */
export class OutputEncoder {
  private readonly items: JsonObject[] = [];
  private readonly ids: ItemIds;
  private logprobs: JsonValue[];

  constructor(
    responseId: string,
    private readonly names: ClientTools,
    logprobs: JsonValue | undefined,
  ) {
    this.ids = new ItemIds(responseId);
    this.logprobs = asArray(asObject(logprobs)?.['content']);
  }

  encode(content: readonly ContentPart[], ending: ItemStatus): JsonObject[] {
    for (const part of content) this.part(part, part === content.at(-1) ? ending : 'completed');
    return this.items;
  }

  private part(part: ContentPart, status: ItemStatus): void {
    switch (part.type) {
      case 'text': {
        const annotations = (part.citations ?? [])
          .map((citation) => encodeAnnotation(citation, part.text.length))
          .filter((annotation) => annotation !== undefined);
        const text = textPart(part.text, annotations, this.logprobs);
        this.logprobs = [];
        this.push('msg', (id) => messageItem(id, status, [text]));
        return;
      }
      case 'refusal':
        this.push('msg', (id) => messageItem(id, status, [refusalPart(part.text)]));
        return;
      case 'thinking':
        this.thinking(part.text, part.signature);
        return;
      case 'redacted-thinking': {
        const signature = { issuer: part.issuer, value: part.data };
        this.push('rs', (id) => reasoningItem(id, '', { kind: 'redacted', signature }));
        return;
      }
      case 'tool-call':
        this.call(part, status);
        return;
      case 'opaque':
        if (part.protocol === 'openai-responses') this.items.push(part.raw);
        return;
      default:
    }
  }

  private push(prefix: 'msg' | 'rs' | 'fc' | 'ctc', write: (id: string) => JsonObject): void {
    this.items.push(write(this.ids.at(prefix, this.items.length)));
  }

  /** OpenAI's own reasoning keeps the id it was made for. */
  private thinking(text: string, signature: ThinkingSignature | undefined): void {
    const own = signature?.issuer === ISSUER ? splitSignature(signature.value).id : undefined;
    const encrypted = signature && ({ kind: 'thinking', signature } as const);
    this.push('rs', (id) => reasoningItem(own ?? id, text, encrypted));
  }

  private call(part: ToolCallPart, status: ItemStatus): void {
    const tool = this.names.wire(part.name);
    const text = part.arguments === '' ? '{}' : part.arguments;
    this.push(tool.custom ? 'ctc' : 'fc', (id) =>
      callItem({ id, callId: part.id, tool, arguments: text }, status),
    );
    const { signature } = part;
    if (signature) this.push('rs', (id) => callSignatureItem(id, part.id, signature));
  }
}
