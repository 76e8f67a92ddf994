import { testIdentity } from '../../../test/support/protocol-laws.js';
import { decodeResponse, encodeResponse } from './response.js';

const usage = { input: { noCache: 18 }, output: { total: 32 } };

describe('encodeResponse', () => {
  it('statements 25 and 26: writes the documented shape, refusal and reasoning present as null', () => {
    const result = {
      choices: [{ content: [{ type: 'text' as const, text: 'Hi' }], finishReason: 'stop' as const }],
      usage,
    };
    expect(encodeResponse(result, testIdentity())).toEqual({
      id: 'gen-1700000000-abc1234',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'vendor/model-1',
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          message: { role: 'assistant', content: 'Hi', refusal: null, reasoning: null },
          logprobs: null,
        },
      ],
      usage: { prompt_tokens: 18, completion_tokens: 32, total_tokens: 50 },
    });
  });

  it('statement 34: carries warnings only when there are some', () => {
    const result = { choices: [{ content: [], finishReason: 'stop' as const }], usage };
    expect(encodeResponse(result, testIdentity())).not.toHaveProperty('warning');
    expect(encodeResponse(result, testIdentity({ warnings: ['a', 'b'] }))).toHaveProperty('warning', 'a; b');
  });

  it('row 56: a refusal has null content and finishes with stop', () => {
    const result = {
      choices: [{ content: [{ type: 'refusal' as const, text: 'No' }], finishReason: 'stop' as const }],
      usage,
    };
    expect(encodeResponse(result, testIdentity())['choices']).toMatchObject([
      { finish_reason: 'stop', message: { content: null, refusal: 'No' } },
    ]);
  });

  it('row 40: tool calls have null content, plain thinking has no details, signed thinking has both', () => {
    const call = { type: 'tool-call' as const, id: 'a', name: 'f', arguments: '' };
    const signature = { issuer: 'anthropic', value: 's' };
    const message = (content: Parameters<typeof encodeResponse>[0]['choices'][0]['content']) => {
      const encoded = encodeResponse(
        { choices: [{ content, finishReason: 'tool-calls' }], usage },
        testIdentity(),
      );
      return (encoded['choices'] as { message: object }[])[0]?.message;
    };
    expect(message([{ type: 'thinking', text: 'hm' }, call])).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      refusal: null,
      reasoning: 'hm',
    });
    expect(message([{ type: 'thinking', text: 'hm', signature }])).toMatchObject({
      reasoning: 'hm',
      reasoning_details: [
        { type: 'reasoning.text', text: 'hm', signature: 's', format: 'anthropic-claude-v1', index: 0 },
      ],
    });
  });

  it('puts web citations where their text stands', () => {
    const citation = { type: 'web_search_result_location', url: 'https://x', title: 'X', cited_text: 'c' };
    const content = [
      { type: 'text' as const, text: 'One. ' },
      { type: 'text' as const, text: 'Two.', citations: [citation, { type: 'page_location' }] },
    ];
    const encoded = encodeResponse({ choices: [{ content, finishReason: 'stop' }], usage }, testIdentity());
    expect(encoded['choices']).toMatchObject([
      {
        message: {
          content: 'One. Two.',
          annotations: [
            {
              type: 'url_citation',
              url_citation: { url: 'https://x', title: 'X', start_index: 5, end_index: 9 },
            },
          ],
        },
      },
    ]);
  });
});

describe('decodeResponse', () => {
  it('rows 14 and 51: reads a call without id or arguments, and the older function_call', () => {
    const message = {
      content: null,
      tool_calls: [{ function: { name: 'f' } }],
      function_call: { name: 'g', arguments: '{"a":1}' },
    };
    const result = decodeResponse({ id: 'x-1', choices: [{ message, finish_reason: 'stop' }] });
    expect(result.choices[0]).toEqual({
      content: [
        { type: 'tool-call', id: 'call_x1_0', name: 'f', arguments: '{}' },
        { type: 'tool-call', id: 'call_x1_1', name: 'g', arguments: '{"a":1}' },
      ],
      finishReason: 'tool-calls',
    });
    expect(result.usage).toEqual({ input: {}, output: {} });
  });

  it('row 34: keeps logprobs as they came', () => {
    const logprobs = {
      content: [{ token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [] }],
      refusal: null,
    };
    const decoded = decodeResponse({
      choices: [{ message: { content: 'a' }, finish_reason: 'stop', logprobs }],
    });
    expect(decoded.choices[0]?.logprobs).toEqual(logprobs);
    expect(encodeResponse(decoded, testIdentity())['choices']).toMatchObject([{ logprobs }]);
  });
});
