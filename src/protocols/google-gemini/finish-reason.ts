import type { FinishReason } from '../completion.js';

/** Google's words (`FinishReason` in @google/genai); `STOP` also ends a turn of function calls. */
const DECODED: ReadonlyMap<string, FinishReason> = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content-filter'],
  ['RECITATION', 'content-filter'],
  ['LANGUAGE', 'content-filter'],
  ['BLOCKLIST', 'content-filter'],
  ['PROHIBITED_CONTENT', 'content-filter'],
  ['SPII', 'content-filter'],
  ['IMAGE_SAFETY', 'content-filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content-filter'],
  ['IMAGE_RECITATION', 'content-filter'],
  ['MODEL_ARMOR', 'content-filter'],
  ['MALFORMED_FUNCTION_CALL', 'error'],
  ['MALFORMED_RESPONSE', 'error'],
  ['UNEXPECTED_TOOL_CALL', 'error'],
  ['TOO_MANY_TOOL_CALLS', 'error'],
  ['MISSING_THOUGHT_SIGNATURE', 'error'],
]);

const ENCODED: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  'tool-calls': 'STOP',
  'content-filter': 'SAFETY',
  pause: 'STOP',
  error: 'MALFORMED_RESPONSE',
  other: 'OTHER',
};

/** Google's word in the inner language; an answer that calls tools and merely stopped is `tool-calls`. */
export function decodeFinishReason(word: unknown, hasToolCalls: boolean): FinishReason {
  const reason = (typeof word === 'string' ? DECODED.get(word) : undefined) ?? 'other';
  return hasToolCalls && (reason === 'stop' || reason === 'other') ? 'tool-calls' : reason;
}

/** A refusal is SAFETY, whatever the upstream called the end of its answer. */
export const encodeFinishReason = (reason: FinishReason, hasRefusal: boolean): string =>
  hasRefusal ? 'SAFETY' : ENCODED[reason];
