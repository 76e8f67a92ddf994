import type { ProviderProtocol } from '../../src/catalog/model.js';

/** Wire languages of upstreams. */
export type UpstreamProtocol = ProviderProtocol;

/** Frames of a short streamed answer. */
export interface AnswerPieces {
  start: string;
  text: (text: string) => string;
  /** The end of the text and what it cost. */
  finish: string;
  /** The protocol's terminator; "" where it has none. */
  end: string;
}

const data = (body: object): string => `data: ${JSON.stringify(body)}\n\n`;
const event = (body: { type: string; [name: string]: unknown }): string =>
  `event: ${body.type}\n${data(body)}`;
const chat = (delta: object, finish: string | null = null): string =>
  data({
    id: 'c1',
    object: 'chat.completion.chunk',
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
const item = { id: 'msg_1', type: 'message', role: 'assistant' };
const at = { output_index: 0, item_id: 'msg_1', content_index: 0 };
const USAGE = { input_tokens: 5, output_tokens: 2, total_tokens: 7 };

const gemini = (text: string): string =>
  data({ candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] } }] });
const GEMINI_PIECES: AnswerPieces = {
  start: data({ responseId: 'r1', modelVersion: 'm', candidates: [] }),
  text: gemini,
  finish: data({
    candidates: [{ index: 0, finishReason: 'STOP', content: { role: 'model', parts: [{ text: '' }] } }],
    usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 },
  }),
  end: '',
};
/** A short answer in each protocol, in the pieces that tests take apart and put together wrongly. */
export const PIECES: Readonly<Record<UpstreamProtocol, AnswerPieces>> = {
  'google-gemini': GEMINI_PIECES,
  'openai-chat': {
    start: chat({ role: 'assistant', content: '' }),
    text: (text: string) => chat({ content: text }),
    finish:
      chat({}, 'stop') +
      data({ id: 'c1', choices: [], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } }),
    end: 'data: [DONE]\n\n',
  },
  'anthropic-messages': {
    start:
      event({
        type: 'message_start',
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'm',
          content: [],
          usage: { input_tokens: 5, output_tokens: 1 },
        },
      }) +
      event({
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'text', text: '' },
      }),
    text: (text: string) =>
      event({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text },
      }),
    finish:
      event({ type: 'content_block_stop', index: 0 }) +
      event({
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { output_tokens: 2 },
      }),
    end: event({ type: 'message_stop' }),
  },
  'openai-responses': {
    start:
      event({
        type: 'response.created',
        response: { id: 'resp_1', object: 'response', status: 'in_progress', model: 'm', output: [] },
      }) +
      event({
        type: 'response.output_item.added',
        output_index: 0,
        item: { ...item, status: 'in_progress', content: [] },
      }) +
      event({
        type: 'response.content_part.added',
        ...at,
        part: { type: 'output_text', text: '', annotations: [] },
      }),
    text: (text: string) => event({ type: 'response.output_text.delta', ...at, delta: text }),
    finish: event({
      type: 'response.output_item.done',
      output_index: 0,
      item: { ...item, status: 'completed', content: [{ type: 'output_text', text: 'Hi', annotations: [] }] },
    }),
    end: event({
      type: 'response.completed',
      response: {
        id: 'resp_1',
        object: 'response',
        status: 'completed',
        model: 'm',
        output: [
          { ...item, status: 'completed', content: [{ type: 'output_text', text: 'Hi', annotations: [] }] },
        ],
        usage: USAGE,
      },
    }),
  },
};
