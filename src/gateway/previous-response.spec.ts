import type { CompletionRequest } from '../protocols/completion.js';
import { anthropicMessages } from '../protocols/anthropic-messages/index.js';
import { openaiChat } from '../protocols/openai-chat/index.js';
import { openaiResponses } from '../protocols/openai-responses/index.js';
import { previousResponse } from './previous-response.js';

const request = (previousResponseId?: string): CompletionRequest => ({
  model: 'm',
  messages: [],
  stream: false,
  previousResponseId,
  routing: {},
  warnings: [],
});

describe('previousResponse', () => {
  it('statement 35: is ignored with its name in a warning where the model keeps no responses', () => {
    for (const upstream of [openaiChat, anthropicMessages])
      expect(previousResponse(request('resp_1'), upstream)).toEqual([
        expect.stringMatching(/^previous_response_id/),
      ]);
    expect(previousResponse(request(), openaiChat)).toEqual([]);
  });

  it.each(['gen-1710000000-abcdefg', 'resp_1'])('statement 36: a Responses model refuses %s', (id) => {
    expect(() => previousResponse(request(id), openaiResponses)).toThrow(
      expect.objectContaining({
        kind: 'invalid_request',
        details: expect.objectContaining({ param: 'previous_response_id' }) as unknown,
      }),
    );
    expect(previousResponse(request(), openaiResponses)).toEqual([]);
  });
});
