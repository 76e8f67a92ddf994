import {
  choicesChunk,
  chunk,
  finishChunk,
  toolChunk,
  usageChunk,
  wire,
} from '../../../test/support/builders/chat-stream.builder.js';
import { protocolLaws } from '../../../test/support/protocol-laws.js';
import { PARAMETERS } from '../completion.js';
import { openaiChat } from './index.js';

const usage = { prompt_tokens: 18, completion_tokens: 32, total_tokens: 50 };
const tokens = { input: { noCache: 18 }, output: { total: 32 } };

describe('openaiChat', () => {
  protocolLaws(openaiChat, {
    results: [
      {
        name: 'text',
        result: {
          choices: [{ content: [{ type: 'text', text: 'Hi' }], finishReason: 'stop' }],
          usage: tokens,
        },
      },
      {
        name: 'signed and redacted thinking, text and parallel calls',
        result: {
          choices: [
            {
              content: [
                { type: 'thinking', text: '', signature: { issuer: 'anthropic', value: 'c2ln' } },
                { type: 'redacted-thinking', data: 'cmVk', issuer: 'anthropic' },
                { type: 'text', text: 'Looking.' },
                { type: 'tool-call', id: 'a', name: 'f', arguments: '{"x": 1}' },
                {
                  type: 'tool-call',
                  id: 'b',
                  name: 'g',
                  arguments: '{}',
                  signature: { issuer: 'google', value: 'Z28=' },
                },
              ],
              finishReason: 'tool-calls',
            },
          ],
          usage: {
            input: { noCache: 1, cacheRead: 2, cacheWrite5m: 3, cacheWrite1h: 4 },
            output: { total: 9, reasoning: 5 },
            searches: 2,
          },
        },
      },
      {
        name: 'two choices, one refused, nothing reported',
        result: {
          choices: [
            { content: [{ type: 'refusal', text: 'No.' }], finishReason: 'stop' },
            { content: [{ type: 'text', text: 'cut' }], finishReason: 'content-filter' },
          ],
          usage: { input: {}, output: {} },
        },
      },
    ],
    responses: [
      {
        name: 'plain thinking',
        body: {
          id: 'x',
          choices: [{ message: { content: 'a', reasoning_content: 'b' }, finish_reason: 'length' }],
          usage,
        },
      },
      {
        name: 'cached input and annotations',
        body: {
          choices: [
            {
              message: { content: 'a', annotations: [{ type: 'url_citation', url_citation: { url: 'u' } }] },
              finish_reason: 'stop',
            },
          ],
          usage: { ...usage, prompt_tokens_details: { cached_tokens: 10 } },
        },
      },
    ],
    streams: [
      {
        name: 'thinking, text, two calls, usage',
        wire: wire(
          chunk({ role: 'assistant', content: '' }),
          chunk({ reasoning: 'hm ö€😀' }),
          chunk({
            reasoning_details: [{ type: 'reasoning.text', signature: 's', format: 'anthropic-claude-v1' }],
          }),
          chunk({ content: 'Hel' }),
          chunk({ content: 'lo' }),
          toolChunk({ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{"x"' } }),
          toolChunk({ index: 0, function: { arguments: ':1}' } }),
          toolChunk({ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '' } }),
          finishChunk('tool_calls'),
          usageChunk({ ...usage, completion_tokens_details: { reasoning_tokens: 3 } }),
        ),
      },
      {
        name: 'two interleaved choices',
        wire: wire(
          choicesChunk([{ index: 0, delta: { role: 'assistant', content: 'a' } }]),
          choicesChunk([{ index: 1, delta: { role: 'assistant', content: 'b' } }]),
          choicesChunk([{ index: 0, delta: { content: 'A' } }]),
          choicesChunk([{ index: 1, delta: { refusal: 'no' } }]),
          choicesChunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
          choicesChunk([{ index: 1, delta: {}, finish_reason: 'content_filter' }]),
          usageChunk(usage),
        ),
      },
    ],
  });

  it('knows the wire fields of every parameter, so that a verbatim body can lose them', () => {
    expect(Object.keys(openaiChat.parameterFields).sort()).toEqual([...PARAMETERS].sort());
  });
});
