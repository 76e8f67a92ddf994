import type { Rule } from '../../src/embedded/simulator/script.js';

/** Text of one delta: eight characters, which an estimate takes for two tokens. */
export const DELTA = '12345678';

/** Input tokens that the scripted streams report. */
export const REPORTED_INPUT = 37;

const sse = (event: string, data: object): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
const chunk = (choices: object[], more: object = {}): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...more })}\n\n`;
const delta = (content: object, finish: string | null = null): object => ({
  index: 0,
  delta: content,
  finish_reason: finish,
});

/** A Chat stream of so many deltas, and the number of frames that come before the first of them. */
function chatStream(deltas: number): { frames: string[]; before: number } {
  const usage = {
    prompt_tokens: REPORTED_INPUT,
    completion_tokens: deltas,
    total_tokens: REPORTED_INPUT + deltas,
  };
  return {
    before: 1,
    frames: [
      chunk([delta({ role: 'assistant', content: '' })]),
      ...Array.from({ length: deltas }, () => chunk([delta({ content: DELTA })])),
      chunk([delta({}, 'stop')]),
      chunk([], { usage }),
      'data: [DONE]\n\n',
    ],
  };
}

/** The same as a Messages stream, which reports its input at the start. */
function messagesStream(deltas: number): { frames: string[]; before: number } {
  const text = { type: 'text_delta', text: DELTA };
  return {
    before: 2,
    frames: [
      sse('message_start', {
        type: 'message_start',
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'm',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: REPORTED_INPUT, output_tokens: 1 },
        },
      }),
      sse('content_block_start', {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'text', text: '' },
      }),
      ...Array.from({ length: deltas }, () =>
        sse('content_block_delta', { type: 'content_block_delta', index: 0, delta: text }),
      ),
      sse('content_block_stop', { type: 'content_block_stop', index: 0 }),
      sse('message_delta', {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: deltas },
      }),
      sse('message_stop', { type: 'message_stop' }),
    ],
  };
}

/**
 * A rule for one call: a stream of twelve deltas of DELTA that falls silent after so many of them, or, when `stallAfter` is
 * absent, goes through to its end and reports 37 input and 12 output tokens.
 */
export function streamRule(protocol: 'openai-chat' | 'anthropic-messages', stallAfter?: number): Rule {
  const { frames, before } = protocol === 'openai-chat' ? chatStream(12) : messagesStream(12);
  return {
    times: 1,
    answer: { kind: 'sse', frames, reports: { input: REPORTED_INPUT, output: 12 } },
    ...(stallAfter === undefined ? {} : { pacing: { stallAfterFrames: before + stallAfter } }),
  };
}

/** A Chat stream of frames with `bytes` text each, without a terminator; by default it goes on for ever. */
export function endlessRule(bytes: number, count = 10_000_000): Rule {
  return {
    times: 1,
    answer: { kind: 'repeat', frame: chunk([delta({ content: 'x'.repeat(bytes) })]), count },
  };
}

/** A Chat answer in one piece with so much text. */
export function largeRule(bytes: number): Rule {
  return {
    times: 1,
    answer: {
      kind: 'json',
      body: {
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [
          { index: 0, message: { role: 'assistant', content: 'y'.repeat(bytes) }, finish_reason: 'stop' },
        ],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      },
    },
  };
}
