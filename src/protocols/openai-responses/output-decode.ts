import { asArray, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { ContentPart } from '../completion.js';
import { argumentsText } from '../openai-chat/messages-decode.js';
import { decodeAnnotation } from './annotations.js';
import { reasoningText } from './input-decode.js';
import { readEncrypted } from './signature.js';
import { flatName } from './client-tools.js';
import { hostedCall, VendorTools } from './vendor-tools.js';

/** The id that pairs a call with its output; a call without one is paired by its item. */
export const callIdOf = (item: JsonObject): string =>
  asString(item['call_id']) || asString(item['id']) || 'call_unnamed';

/** A call's name, with the namespace it was declared in. */
export const callName = (item: JsonObject): string =>
  flatName(asString(item['name']) ?? '', asString(item['namespace']));

function messageParts(item: JsonObject): ContentPart[] {
  return asArray(item['content'])
    .filter(isObject)
    .flatMap((part): ContentPart[] => {
      if (part['type'] === 'refusal') return [{ type: 'refusal', text: asString(part['refusal']) ?? '' }];
      const text = asString(part['text']);
      if (text === undefined || text === '') return [];
      const citations = asArray(part['annotations']).map((one) => decodeAnnotation(one, text.length));
      return [{ type: 'text', text, ...(citations.length > 0 ? { citations } : {}) }];
    });
}

/** Thinking that neither shows text nor can be replayed is nothing. */
function reasoningParts(item: JsonObject, issuer: string | undefined): ContentPart[] {
  const text = reasoningText(item);
  const content = asString(item['encrypted_content']);
  if (!content) return text === '' ? [] : [{ type: 'thinking', text }];
  const encrypted = readEncrypted(content, item['id'], issuer);
  if (encrypted.kind === 'call') return [];
  const { signature } = encrypted;
  return encrypted.kind === 'redacted'
    ? [{ type: 'redacted-thinking', data: signature.value, issuer: signature.issuer }]
    : [{ type: 'thinking', text, signature }];
}

const opaque = (item: JsonObject): ContentPart => ({
  type: 'opaque',
  protocol: 'openai-responses',
  raw: hostedCall(item),
});

function itemParts(item: JsonObject, issuer: string | undefined, tools: VendorTools): ContentPart[] {
  if (tools.runs(item)) return [opaque(tools.shown(item))];
  switch (item['type']) {
    case 'message':
      return messageParts(item);
    case 'reasoning':
      return reasoningParts(item, issuer);
    case 'function_call':
      return [
        {
          type: 'tool-call',
          id: callIdOf(item),
          name: callName(item),
          arguments: argumentsText(item['arguments']),
        },
      ];
    case 'custom_tool_call': {
      const text = JSON.stringify({ input: asString(item['input']) ?? '' });
      return [{ type: 'tool-call', id: callIdOf(item), name: callName(item), arguments: text }];
    }
    default:
      return [opaque(item)];
  }
}

/** Reads the items of an answer. `issuer` signed the reasoning that carries no other name. */
export function decodeOutput(response: JsonObject, issuer?: string): ContentPart[] {
  const items = asArray(response['output']).filter(isObject);
  const tools = new VendorTools();
  tools.note(response);
  const parts = items.flatMap((item) => itemParts(item, issuer, tools));
  for (const item of items) {
    const content = item['type'] === 'reasoning' ? asString(item['encrypted_content']) : undefined;
    const encrypted = content ? readEncrypted(content, item['id'], issuer) : undefined;
    if (encrypted?.kind !== 'call') continue;
    const call = parts.find((part) => part.type === 'tool-call' && part.id === encrypted.callId);
    if (call?.type === 'tool-call') call.signature = encrypted.signature;
  }
  return parts;
}

/** Log probabilities of the answer's texts in Chat's form; undefined when there are none. */
export function decodeLogprobs(output: JsonValue | undefined): JsonValue | undefined {
  const content = asArray(output)
    .filter(isObject)
    .flatMap((item) => asArray(item['content']).filter(isObject))
    .flatMap((part) => asArray(part['logprobs']));
  return content.length > 0 ? { content, refusal: null } : undefined;
}
