import type { JsonObject, JsonValue } from '../../core/json.js';
import { asArray, asString, isObject } from '../../core/json.js';
import type { ContentPart, ReasoningRequest, RedactedThinkingPart, ThinkingPart } from '../completion.js';
import type { WireQuirks } from '../protocol.js';
import { readBoolean, readNumber, readObject, readWord } from './wire.js';

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

/** `format` of a reasoning_details item (OpenRouter, Octen) by issuer, and back. */
const FORMATS: ReadonlyMap<string, string> = new Map([
  ['anthropic', 'anthropic-claude-v1'],
  ['openai', 'openai-responses-v1'],
  ['xai', 'xai-responses-v1'],
  ['google', 'google-gemini-v1'],
]);

const ISSUERS: ReadonlyMap<string, string> = new Map([
  ...[...FORMATS].map(([issuer, format]) => [format, issuer] as const),
  ['azure-openai-responses-v1', 'openai'],
]);

/** Format name of an issuer; vendors without one are "unknown". */
export const formatOf = (issuer: string): string => FORMATS.get(issuer) ?? 'unknown';

const issuerOf = (format: JsonValue | undefined): string => ISSUERS.get(asString(format) ?? '') ?? 'unknown';

/** Reads `reasoning` and its alias `reasoning_effort`; `reasoning` wins and `enabled:false` beats both. */
export function decodeReasoning(body: JsonObject): ReasoningRequest | undefined {
  const reasoning = readObject(body, 'reasoning') ?? {};
  const alias = readWord(body, 'reasoning_effort', EFFORTS);
  const effort = readWord(reasoning, 'effort', EFFORTS, 'reasoning') ?? alias;
  const budgetTokens = readNumber(
    reasoning,
    'max_tokens',
    { min: 1_024, max: Number.MAX_SAFE_INTEGER, integer: true },
    'reasoning',
  );
  const enabled = readBoolean(reasoning, 'enabled', 'reasoning');
  const display = readBoolean(reasoning, 'exclude', 'reasoning') ? { display: 'omitted' } : {};
  if (enabled === false || effort === 'none') return { mode: 'disabled', ...display };
  if (effort === undefined && budgetTokens === undefined && enabled === undefined) {
    return display.display === undefined ? undefined : display;
  }
  return {
    ...(enabled || budgetTokens !== undefined ? { mode: 'enabled' as const } : {}),
    ...(effort === undefined ? {} : { effort }),
    ...(budgetTokens === undefined ? {} : { budgetTokens }),
    ...display,
  };
}

/** An effort of about the same size as a token budget, for vendors that only know efforts. */
function effortOfBudget(budgetTokens: number): string {
  if (budgetTokens <= 4_096) return 'low';
  return budgetTokens <= 16_384 ? 'medium' : 'high';
}

function effortOf({ mode, effort, budgetTokens }: ReasoningRequest): string | undefined {
  if (mode === 'disabled') return 'none';
  if (effort !== undefined) return effort;
  if (budgetTokens !== undefined) return effortOfBudget(budgetTokens);
  return mode === 'enabled' ? 'medium' : undefined;
}

/** The members that ask a vendor for reasoning; empty when the request leaves it to the model. */
export function encodeReasoning(request: ReasoningRequest | undefined, quirks: WireQuirks): JsonObject {
  if (!request) return {};
  if (quirks.reasoningField !== 'reasoning') {
    const effort = effortOf(request);
    return effort === undefined ? {} : { reasoning_effort: effort };
  }
  const reasoning: JsonObject = {};
  if (request.mode === 'disabled') reasoning['enabled'] = false;
  else if (request.effort !== undefined) reasoning['effort'] = request.effort;
  else if (request.budgetTokens !== undefined) reasoning['max_tokens'] = request.budgetTokens;
  else if (request.mode !== undefined) reasoning['enabled'] = true;
  if (request.display === 'omitted') reasoning['exclude'] = true;
  return Object.keys(reasoning).length > 0 ? { reasoning } : {};
}

/** One reasoning_details item as a thinking part. */
export function decodeDetail(item: JsonObject): ThinkingPart | RedactedThinkingPart | undefined {
  const issuer = issuerOf(item['format']);
  if (item['type'] === 'reasoning.encrypted') {
    const data = asString(item['data']);
    return data === undefined ? undefined : { type: 'redacted-thinking', data, issuer };
  }
  const text = asString(item['text']) ?? asString(item['summary']) ?? '';
  const value = asString(item['signature']);
  if (text === '' && !value) return undefined;
  return { type: 'thinking', text, ...(value ? { signature: { issuer, value } } : {}) };
}

/** Thinking text of a message or a delta: `reasoning` (OpenRouter, Groq) or `reasoning_content` (DeepSeek). */
export const plainReasoning = (message: JsonObject): string =>
  asString(message['reasoning_content']) || asString(message['reasoning']) || '';

/**
 * Thinking of a message. Details know signatures and order, so they win over the plain text; a signature that
 * came without its text (as a stream delivers it) is put on the plain text.
 */
export function decodeThinking(message: JsonObject): (ThinkingPart | RedactedThinkingPart)[] {
  const details = asArray(message['reasoning_details']).filter(isObject);
  const parts = details.map(decodeDetail).filter((part) => part !== undefined);
  const text = plainReasoning(message);
  const thinking = parts.filter((part) => part.type === 'thinking');
  if (text === '' || thinking.some((part) => part.text !== '')) return parts;
  const [signed] = thinking;
  if (!signed) return [{ type: 'thinking', text }, ...parts];
  return parts.map((part) => (part === signed ? { ...signed, text } : part));
}

/** reasoning_details of the thinking in an answer; undefined when nothing is signed, for plain text needs none. */
export function encodeDetails(content: readonly ContentPart[]): JsonObject[] | undefined {
  const parts = content.filter((part) => part.type === 'thinking' || part.type === 'redacted-thinking');
  if (parts.every((part) => part.type === 'thinking' && !part.signature)) return undefined;
  return parts.map((part, index) => {
    if (part.type === 'redacted-thinking') {
      return { type: 'reasoning.encrypted', data: part.data, format: formatOf(part.issuer), index };
    }
    const { signature } = part;
    const signed = signature ? { signature: signature.value } : {};
    return {
      type: 'reasoning.text',
      text: part.text,
      ...signed,
      format: formatOf(signature?.issuer ?? ''),
      index,
    };
  });
}
