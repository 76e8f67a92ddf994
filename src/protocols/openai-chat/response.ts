import { FaregateError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import { asArray, asObject, asString, isObject } from '../../core/json.js';
import { emptyUsage } from '../../core/token-usage.js';
import type {
  CompletionChoice,
  CompletionResult,
  ContentPart,
  TextPart,
  ToolCallPart,
} from '../completion.js';
import type { ResponseIdentity, WireQuirks } from '../protocol.js';
import { encodeCitation } from './annotations.js';
import { thinkingText } from './content.js';
import { findError } from './error.js';
import { decodeFinishReason, encodeFinishReason } from './finish-reason.js';
import { argumentsText, callSignature } from './messages-decode.js';
import { decodeThinking, encodeDetails } from './reasoning.js';
import { SEARCH_DONE } from './search.js';
import { withoutThinkTags } from './think-tags.js';
import { decodeUsage, encodeUsage } from './usage.js';

/** Answer content: a text, or Mistral's list of text and thinking parts. */
function decodeContent(message: JsonObject): ContentPart[] {
  const { content } = message;
  const items =
    typeof content === 'string' ? [{ type: 'text', text: content }] : asArray(content).filter(isObject);
  const parts = items.map((item): ContentPart => {
    if (item['type'] === 'thinking') return { type: 'thinking', text: thinkingText(item['thinking']) };
    return { type: 'text', text: item['type'] === 'text' ? (asString(item['text']) ?? '') : '' };
  });
  const filled = parts.filter((part) => 'text' in part && part.text !== '');
  const annotations = asArray(message['annotations']).filter(isObject);
  const text = filled.find((part): part is TextPart => part.type === 'text');
  if (text && annotations.length > 0) text.citations = annotations;
  return filled;
}

function decodeCalls(message: JsonObject, answerId: string): ToolCallPart[] {
  const legacy = asObject(message['function_call']);
  const calls = [...asArray(message['tool_calls']), ...(legacy ? [{ function: legacy }] : [])];
  return calls.filter(isObject).flatMap((call, index): ToolCallPart[] => {
    const named = asObject(call['function']);
    const name = asString(named?.['name']);
    if (!named || !name) return [];
    const id = asString(call['id']) || synthesizedCallId(answerId, index);
    const signature = callSignature(call);
    const text = argumentsText(named['arguments']);
    return [{ type: 'tool-call', id, name, arguments: text, ...(signature ? { signature } : {}) }];
  });
}

/** An id for a call that came without one; unique because the answer's id is. */
export const synthesizedCallId = (answerId: string, index: number): string =>
  `call_${answerId.replace(/[^A-Za-z0-9]/g, '').slice(-24)}_${index}`;

function decodeChoice(choice: JsonObject, answerId: string): CompletionChoice {
  const message = asObject(choice['message']) ?? {};
  const refusal = asString(message['refusal']);
  const calls = decodeCalls(message, answerId);
  const logprobs = choice['logprobs'] ?? undefined;
  return {
    content: [
      ...decodeThinking(message),
      ...decodeContent(message),
      ...(refusal ? [{ type: 'refusal' as const, text: refusal }] : []),
      ...calls,
    ],
    finishReason: isObject(choice['error'])
      ? 'error'
      : decodeFinishReason(choice['finish_reason'], calls.length > 0),
    ...(logprobs === undefined ? {} : { logprobs }),
  };
}

/** Reads an upstream's answer. Throws kind `upstream` when it is an error with status 200, or no answer. */
export function decodeResponse(given: JsonObject, quirks: WireQuirks = {}): CompletionResult {
  const body = quirks.thinkTags ? withoutThinkTags(given) : given;
  const error = findError(body);
  if (error) throw new FaregateError('upstream', 'The upstream reported an error', { internal: error });
  const id = asString(body['id']) || undefined;
  const choices = asArray(body['choices']).filter(isObject);
  if (choices.length === 0) {
    throw new FaregateError('upstream', 'The upstream sent something that is not a completion', {
      internal: body,
    });
  }
  const usage = asObject(body['usage']) ?? asObject(choices[0]?.['usage']);
  return {
    id,
    model: asString(body['model']) || undefined,
    choices: choices.map((choice) => decodeChoice(choice, id ?? '')),
    usage: usage ? decodeUsage(usage, body['service_tier']) : emptyUsage(),
  };
}

/** A call as OpenAI writes it. */
export function encodeCall({ id, name, arguments: text, signature }: ToolCallPart): JsonObject {
  const google =
    signature?.issuer === 'google' ? { google: { thought_signature: signature.value } } : undefined;
  return {
    id,
    type: 'function',
    function: { name, arguments: text === '' ? '{}' : text },
    ...(google ? { extra_content: google } : {}),
  };
}

/** Text of all text parts, and their citations with the stretch each belongs to. */
function encodeText(content: readonly ContentPart[]): { text: string; annotations: JsonObject[] } {
  let text = '';
  const annotations: JsonObject[] = [];
  for (const part of content) {
    if (part.type !== 'text') continue;
    const span = { start: text.length, end: text.length + part.text.length };
    for (const citation of part.citations ?? []) {
      const annotation = encodeCitation(citation, span);
      if (annotation) annotations.push(annotation);
    }
    text += part.text;
  }
  return { text, annotations };
}

const joined = (texts: string[]): string | null => texts.join('') || null;

/** The first call as a caller of the older `functions` reads it (mapping row 51). */
const legacyCall = (calls: readonly ToolCallPart[]): JsonObject | undefined =>
  calls[0] && { name: calls[0].name, arguments: calls[0].arguments || '{}' };

function encodeMessage(content: readonly ContentPart[], { legacyFunctions }: ResponseIdentity): JsonObject {
  const { text, annotations } = encodeText(content);
  const calls = content.filter((part) => part.type === 'tool-call');
  const refusal = joined(content.filter((part) => part.type === 'refusal').map((part) => part.text));
  const reasoning = joined(content.filter((part) => part.type === 'thinking').map((part) => part.text));
  const details = encodeDetails(content);
  const isEmpty = text === '' && (calls.length > 0 || refusal !== null);
  return {
    role: 'assistant',
    content: isEmpty ? null : text,
    ...(calls.length > 0 && !legacyFunctions ? { tool_calls: calls.map(encodeCall) } : {}),
    ...(calls.length > 0 && legacyFunctions ? { function_call: legacyCall(calls) } : {}),
    ...(annotations.length > 0 ? { annotations } : {}),
    refusal,
    reasoning,
    ...(details ? { reasoning_details: details } : {}),
  };
}

/** `search_results`, only when a search ran (statement 38): one group each, in the order they ran. */
function searchResults({ choices }: CompletionResult): JsonObject {
  const groups = choices
    .flatMap(({ content }) => content)
    .flatMap((part) =>
      part.type === 'opaque' && part.protocol === 'openai-chat' && part.raw['type'] === SEARCH_DONE
        ? asArray(part.raw['search_results'])
        : [],
    );
  return groups.length > 0 ? { search_results: groups } : {};
}

/** The `warning` member: only when there is something to say (statement 34). */
export const warningText = (identity: ResponseIdentity): string | undefined =>
  identity.warnings.length > 0 ? identity.warnings.join('; ') : undefined;

/** Writes an answer in Octen's shape, a superset of OpenAI's (statements 25, 26). */
export function encodeResponse(result: CompletionResult, identity: ResponseIdentity): JsonObject {
  const usage = encodeUsage(result.usage, identity);
  const warning = warningText(identity);
  return {
    id: identity.id,
    object: 'chat.completion',
    created: identity.createdAt,
    model: identity.model,
    choices: result.choices.map((choice, index): JsonValue => ({
      index,
      finish_reason: encodeFinishReason(choice.finishReason, identity),
      message: encodeMessage(choice.content, identity),
      logprobs: choice.logprobs ?? null,
    })),
    ...searchResults(result),
    ...(usage ? { usage } : {}),
    ...(warning === undefined ? {} : { warning }),
  };
}
