import type { FinishReason } from '../completion.js';
import type { ResponseIdentity } from '../protocol.js';

/** Words of OpenAI, and those by which compatible vendors differ (Mistral, DeepSeek, Z.AI, vLLM). */
const DECODED: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['eos', 'stop'],
  ['stop_sequence', 'stop'],
  ['end_turn', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['model_length', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'content-filter'],
  ['sensitive', 'content-filter'],
  ['error', 'error'],
  ['network_error', 'error'],
  ['insufficient_system_resource', 'error'],
]);

const ENCODED: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  pause: 'stop',
  error: 'error',
  other: 'stop',
};

/**
 * The vendor's word in the inner language. An answer with tool calls that says `stop` (as OpenAI does for a
 * forced function) is `tool-calls`: agents end their loop on anything else.
 */
export function decodeFinishReason(word: unknown, hasToolCalls: boolean): FinishReason {
  const reason = typeof word === 'string' ? (DECODED.get(word) ?? 'other') : 'other';
  return hasToolCalls && (reason === 'stop' || reason === 'other') ? 'tool-calls' : reason;
}

/** Chat's word for a finish reason; Chat has none for a pause, and an older one for callers of `functions`. */
export const encodeFinishReason = (
  reason: FinishReason,
  { legacyFunctions }: Pick<ResponseIdentity, 'legacyFunctions'> = {},
): string => (legacyFunctions && reason === 'tool-calls' ? 'function_call' : ENCODED[reason]);
