import type { JsonObject, JsonValue } from '../../core/json.js';
import { asArray, asString, isObject } from '../../core/json.js';
import type {
  ContentPart,
  ReasoningRequest,
  RedactedThinkingPart,
  ThinkingPart,
  ThinkingSignature,
} from '../completion.js';
import { issuedText, parseIssued } from '../signature-text.js';
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

const UNKNOWN = 'unknown';

/** True for an issuer whose signatures `format` names, by which OpenRouter sends them to whom they belong. */
export const isFormatIssuer = (issuer: string): boolean => FORMATS.has(issuer);

/** A signature as a detail writes it; that of a vendor without a format of its own names its issuer (mapping row 40). */
export function detailSignature(signature: ThinkingSignature): { format: string; value: string } {
  const format = FORMATS.get(signature.issuer);
  return format === undefined
    ? { format: UNKNOWN, value: issuedText(signature) }
    : { format, value: signature.value };
}

/** The inverse of detailSignature. */
function signatureOf(format: JsonValue | undefined, value: string): ThinkingSignature {
  const issuer = ISSUERS.get(asString(format) ?? '');
  if (issuer !== undefined) return { issuer, value };
  return parseIssued(value) ?? { issuer: UNKNOWN, value };
}

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

/** One reasoning_details item as a thinking part. */
export function decodeDetail(item: JsonObject): ThinkingPart | RedactedThinkingPart | undefined {
  if (item['type'] === 'reasoning.encrypted') {
    const data = asString(item['data']);
    if (data === undefined) return undefined;
    const { issuer, value } = signatureOf(item['format'], data);
    return { type: 'redacted-thinking', data: value, issuer };
  }
  const text = asString(item['text']) ?? asString(item['summary']) ?? '';
  const value = asString(item['signature']);
  if (text === '' && !value) return undefined;
  return { type: 'thinking', text, ...(value ? { signature: signatureOf(item['format'], value) } : {}) };
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
      const { format, value } = detailSignature({ issuer: part.issuer, value: part.data });
      return { type: 'reasoning.encrypted', data: value, format, index };
    }
    if (!part.signature) return { type: 'reasoning.text', text: part.text, format: UNKNOWN, index };
    const { format, value } = detailSignature(part.signature);
    return { type: 'reasoning.text', text: part.text, signature: value, format, index };
  });
}

/** Unsigned reasoning as MiniMax writes it and wants it back. */
export const plainDetails = (text: string): JsonObject[] => [
  { type: 'reasoning.text', id: 'reasoning-text-1', format: 'MiniMax-response-v1', index: 0, text },
];
