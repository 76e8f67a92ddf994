import type { CompletionChoice, FinishReason } from '../completion.js';

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  pause_turn: 'pause',
  refusal: 'content-filter',
};

/** `stop_reason` → finish reason; a word this version does not know, or null, is `other`. */
export const decodeFinishReason = (stopReason: unknown): FinishReason =>
  typeof stopReason === 'string' && Object.hasOwn(REASONS, stopReason)
    ? (REASONS[stopReason] ?? 'other')
    : 'other';

/** What decides `stop_reason` beside the finish reason itself. */
export interface Ending {
  reason: FinishReason;
  stopSequence?: string | undefined;
  /** The answer calls a client tool. */
  hasToolCalls: boolean;
  /** Its last block is such a call (one in the middle was answered while the model went on). */
  endsInToolCall: boolean;
  /** The answer carries a refusal text. */
  hasRefusal: boolean;
}

/**
 * Finish reason → `stop_reason`. An answer that merely "stopped" on a tool call becomes `tool_use`, because agent
 * loops go on only then; a refusal is `refusal` whatever the upstream called it.
 */
export function encodeStopReason(ending: Ending): string {
  const { reason, stopSequence } = ending;
  if (ending.hasRefusal || reason === 'content-filter') return 'refusal';
  if (reason === 'length') return 'max_tokens';
  if (reason === 'pause') return 'pause_turn';
  if (reason === 'tool-calls' && ending.hasToolCalls) return 'tool_use';
  if (reason === 'stop' && ending.endsInToolCall) return 'tool_use';
  return stopSequence === undefined ? 'end_turn' : 'stop_sequence';
}

/** The ending of a whole answer. */
export const endingOf = (choice: CompletionChoice): Ending => ({
  reason: choice.finishReason,
  stopSequence: choice.stopSequence,
  hasToolCalls: choice.content.some((part) => part.type === 'tool-call'),
  endsInToolCall: choice.content.at(-1)?.type === 'tool-call',
  hasRefusal: choice.content.some((part) => part.type === 'refusal'),
});
