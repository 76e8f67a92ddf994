import { testIdentity } from '../../test/support/protocol-laws.js';
import type { JsonObject } from '../core/json.js';
import { relayWhole } from '../gateway/relay.js';
import { anthropicMessages } from '../protocols/anthropic-messages/index.js';
import { openaiChat } from '../protocols/openai-chat/index.js';
import type { Protocol } from '../protocols/protocol.js';
import { quirksOf } from './provider.js';
import { getAdapter } from './registry.js';

const answerOf = (message: JsonObject, choice: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
  id: 'chatcmpl-9',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...choice }],
  usage: { prompt_tokens: 30, completion_tokens: 12, total_tokens: 42 },
  ...more,
});

/** What a client of a protocol gets for a vendor's whole answer. */
function whole(client: Protocol, adapter: string, body: JsonObject): JsonObject {
  const quirks = quirksOf(getAdapter(adapter), 'm');
  const sides = { client, upstream: openaiChat, identity: testIdentity(), quirks };
  return JSON.parse(relayWhole(JSON.stringify(body), sides).body) as JsonObject;
}

const choiceOf = (body: JsonObject): JsonObject => (body['choices'] as JsonObject[])[0] as JsonObject;

describe('row 75: a whole answer with its thinking between tags', () => {
  const body = answerOf({ content: '<think>\nGreet them.</think>\n\nHello' });

  it('reaches a Chat client with text and reasoning apart', () => {
    expect(choiceOf(whole(openaiChat, 'ollama', body))['message']).toMatchObject({
      content: 'Hello',
      reasoning: 'Greet them.',
    });
  });

  it('reaches a Messages client as a thinking block and a text block', () => {
    expect(whole(anthropicMessages, 'ollama', body)['content']).toMatchObject([
      { type: 'thinking', thinking: 'Greet them.' },
      { type: 'text', text: 'Hello' },
    ]);
  });

  it('is text where the vendor writes no such tags, or gives reasoning apart', () => {
    expect(choiceOf(whole(openaiChat, 'openai', body))['message']).toMatchObject({ reasoning: null });
    const apart = answerOf({ content: '<think>x</think>', reasoning_content: 'r' });
    expect(choiceOf(whole(openaiChat, 'vllm', apart))['message']).toMatchObject({
      content: '<think>x</think>',
      reasoning: 'r',
    });
  });
});

describe('row 60: tool calls of a whole answer', () => {
  const calls = [
    { function: { name: 'add', arguments: { a: 1 } } },
    { id: 'call_2', type: 'function', function: { name: 'now', arguments: '' } },
  ];

  it('have id, type and arguments as text, and the finish says that they are there', () => {
    const choice = choiceOf(
      whole(openaiChat, 'ollama', answerOf({ content: '', tool_calls: calls as JsonObject[] })),
    );
    expect(choice['finish_reason']).toBe('tool_calls');
    expect((choice['message'] as JsonObject)['tool_calls']).toEqual([
      {
        id: expect.stringMatching(/^call_\w+$/) as unknown,
        type: 'function',
        function: { name: 'add', arguments: '{"a":1}' },
      },
      { id: 'call_2', type: 'function', function: { name: 'now', arguments: '{}' } },
    ]);
  });

  it('of another kind than functions stay what they are', () => {
    const custom = { id: 'call_1', type: 'custom', custom: { name: 'sql', input: 'select 1' } };
    const body = answerOf({ content: null, tool_calls: [custom] }, { finish_reason: 'tool_calls' });
    expect((choiceOf(whole(openaiChat, 'openai', body))['message'] as JsonObject)['tool_calls']).toEqual([
      custom,
    ]);
  });
});

it('row 67: Moonshot reports usage in the choice and cached tokens at its top', () => {
  const usage = { prompt_tokens: 30, completion_tokens: 12, total_tokens: 42, cached_tokens: 20 };
  const { usage: _usage, ...body } = answerOf({ content: 'Hello' }, { usage });
  expect(whole(openaiChat, 'moonshot', body)['usage']).toMatchObject({
    prompt_tokens: 30,
    prompt_tokens_details: { cached_tokens: 20 },
  });
  expect(whole(anthropicMessages, 'moonshot', body)['usage']).toMatchObject({
    input_tokens: 10,
    cache_read_input_tokens: 20,
    output_tokens: 12,
  });
});

it('row 53: a vendor’s own word for the end becomes one that clients know', () => {
  for (const [word, known] of [
    ['eos', 'stop'],
    ['model_length', 'length'],
    ['sensitive', 'content_filter'],
  ]) {
    const body = answerOf({ content: 'Hello' }, { finish_reason: word ?? '' });
    expect(choiceOf(whole(openaiChat, 'zai', body))['finish_reason']).toBe(known);
  }
});
