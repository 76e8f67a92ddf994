import { testIdentity } from '../../test/support/protocol-laws.js';
import type { JsonObject } from '../core/json.js';
import { anthropicMessages } from './anthropic-messages/index.js';
import { openaiChat } from './openai-chat/index.js';
import { openaiResponses } from './openai-responses/index.js';
import type { Protocol } from './protocol.js';

const NO = 'I will not say that.';
const usage = { input_tokens: 5, output_tokens: 7 };
/** A refusal in each protocol, as its vendor says it. */
const REFUSALS: [Protocol, JsonObject][] = [
  [
    openaiChat,
    {
      id: 'c',
      model: 'm',
      choices: [
        { index: 0, message: { role: 'assistant', content: null, refusal: NO }, finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 },
    },
  ],
  [
    openaiResponses,
    {
      id: 'r',
      object: 'response',
      status: 'completed',
      model: 'm',
      output: [
        { type: 'message', id: 'msg', role: 'assistant', content: [{ type: 'refusal', refusal: NO }] },
      ],
      usage: { ...usage, total_tokens: 12 },
    },
  ],
  [
    anthropicMessages,
    {
      id: 'msg',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'Well,' }],
      stop_reason: 'refusal',
      stop_details: { type: 'refusal', explanation: NO },
      usage,
    },
  ],
];

describe('row 56: a refusal reaches every client as one', () => {
  it.each(REFUSALS.map(([protocol, body]) => [protocol.name, protocol, body] as const))(
    'row 56: of %s',
    (_name, protocol, body) => {
      const result = protocol.decodeResponse(body);
      const isPartial = protocol === anthropicMessages;
      expect(openaiChat.encodeResponse(result, testIdentity())['choices']).toMatchObject([
        {
          message: { content: isPartial ? 'Well,' : null, refusal: NO },
          finish_reason: isPartial ? 'content_filter' : 'stop',
        },
      ]);
      const { output } = openaiResponses.encodeResponse(result, testIdentity());
      expect((output as JsonObject[]).at(-1)).toMatchObject({ content: [{ type: 'refusal', refusal: NO }] });
      expect(anthropicMessages.encodeResponse(result, testIdentity())).toMatchObject({
        content: isPartial ? [{ type: 'text', text: 'Well,' }] : [],
        stop_reason: 'refusal',
        stop_details: { type: 'refusal', explanation: NO },
      });
    },
  );
});
