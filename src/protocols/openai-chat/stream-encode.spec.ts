import { encodeStream, testIdentity } from '../../../test/support/protocol-laws.js';
import { chatChunks, chatStreamFaults } from '../../../test/support/stream-order.js';
import type { CompletionEvent } from '../completion.js';
import { openaiChat } from './index.js';

const identity = testIdentity();
const head = {
  id: identity.id,
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'vendor/model-1',
};
const content = (delta: object) => ({
  type: 'content',
  ...head,
  choices: [{ index: 0, delta, finish_reason: null }],
});

const answer: CompletionEvent[] = [
  { type: 'start', id: 'upstream-id', model: 'upstream-model' },
  { type: 'text-start', block: 0 },
  { type: 'text-delta', block: 0, text: 'Hel' },
  { type: 'text-delta', block: 0, text: 'lo' },
  { type: 'text-end', block: 0 },
  { type: 'finish', reason: 'stop' },
  { type: 'usage', usage: { input: { noCache: 18 }, output: { total: 32 } } },
];

describe('ChatStreamEncoder', () => {
  it('statements 37, 39, 40 and 41: content, finish, usage and terminator in order, one identity, usage unasked', () => {
    const text = encodeStream(openaiChat, answer);
    expect(chatStreamFaults(text)).toEqual([]);
    expect(chatChunks(text)).toEqual([
      content({ role: 'assistant', content: 'Hel' }),
      content({ content: 'lo' }),
      { type: 'finish', ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      {
        type: 'usage',
        ...head,
        choices: [],
        usage: { prompt_tokens: 18, completion_tokens: 32, total_tokens: 50 },
      },
    ]);
  });

  it('statement 34: warns in the usage chunk when something was dropped, and only then', () => {
    const text = encodeStream(openaiChat, answer, testIdentity({ warnings: ['seed was dropped'] }));
    expect(chatChunks(text).at(-1)).toMatchObject({ warning: 'seed was dropped' });
    expect(encodeStream(openaiChat, answer)).not.toContain('warning');
  });

  it('prices the usage it ends with', () => {
    const costOf = (usage: { output: { total?: number | undefined } }) => `0.00${usage.output.total}`;
    const text = encodeStream(openaiChat, answer, testIdentity({ profile: 'standard', costOf }));
    expect(chatChunks(text).at(-1)).toMatchObject({ usage: { cost: 0.0032 } });
  });

  it('writes each tool call once with id, type and name, and gives a call without arguments {}', () => {
    const text = encodeStream(openaiChat, [
      { type: 'tool-start', block: 0, id: 'functions.f:0', name: 'f' },
      { type: 'tool-delta', block: 0, text: '{"a"' },
      { type: 'tool-delta', block: 0, text: ':1}' },
      { type: 'tool-end', block: 0 },
      { type: 'tool-start', block: 1, id: 'b', name: 'g' },
      { type: 'tool-end', block: 1, signature: { issuer: 'google', value: 'z' } },
      { type: 'finish', reason: 'tool-calls' },
    ]);
    const call = (index: number, fields: object) => ({ tool_calls: [{ index, ...fields }] });
    expect(chatChunks(text).slice(0, 5)).toEqual([
      content({
        role: 'assistant',
        ...call(0, { id: 'functions.f:0', type: 'function', function: { name: 'f', arguments: '' } }),
      }),
      content(call(0, { function: { arguments: '{"a"' } })),
      content(call(0, { function: { arguments: ':1}' } })),
      content(call(1, { id: 'b', type: 'function', function: { name: 'g', arguments: '' } })),
      content(
        call(1, { function: { arguments: '{}' }, extra_content: { google: { thought_signature: 'z' } } }),
      ),
    ]);
    expect(chatStreamFaults(text)).toEqual([]);
  });

  it('row 40: shows thinking as reasoning and its signature in reasoning_details', () => {
    const text = encodeStream(openaiChat, [
      { type: 'thinking-start', block: 0 },
      { type: 'thinking-delta', block: 0, text: 'hm' },
      { type: 'thinking-signature', block: 0, signature: { issuer: 'anthropic', value: 's' } },
      { type: 'thinking-end', block: 0 },
      { type: 'redacted-thinking', block: 1, data: 'd', issuer: 'anthropic' },
      { type: 'finish', reason: 'stop' },
    ]);
    const format = 'anthropic-claude-v1';
    expect(chatChunks(text).slice(0, 3)).toEqual([
      content({ role: 'assistant', reasoning: 'hm' }),
      content({
        reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 's', format, index: 0 }],
      }),
      content({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'd', format, index: 1 }] }),
    ]);
  });

  it('translates web citations into annotations', () => {
    const text = encodeStream(openaiChat, [
      { type: 'text-start', block: 0 },
      { type: 'text-delta', block: 0, text: 'Sky.' },
      {
        type: 'citation',
        block: 0,
        citation: { type: 'web_search_result_location', url: 'https://x', title: 'X' },
      },
      { type: 'text-end', block: 0 },
      { type: 'finish', reason: 'stop' },
    ]);
    expect(chatChunks(text)[1]).toEqual(
      content({
        annotations: [
          {
            type: 'url_citation',
            url_citation: { url: 'https://x', title: 'X', start_index: 0, end_index: 4 },
          },
        ],
      }),
    );
  });

  it("annotations have the whole answer's offsets, wherever in its block a citation comes", () => {
    const citation = { type: 'web_search_result_location', url: 'https://x', title: 'X' };
    const text = encodeStream(openaiChat, [
      { type: 'text-start', block: 0 },
      { type: 'text-delta', block: 0, text: 'Intro: ' },
      { type: 'text-end', block: 0 },
      { type: 'text-start', block: 1 },
      { type: 'citation', block: 1, citation },
      { type: 'text-delta', block: 1, text: 'Paris ' },
      { type: 'citation', block: 1, citation: { ...citation, url: 'https://y' } },
      { type: 'text-delta', block: 1, text: 'is big' },
      { type: 'text-end', block: 1 },
      { type: 'finish', reason: 'stop' },
    ]);
    const whole = openaiChat.encodeResponse(
      {
        choices: [
          {
            content: [
              { type: 'text', text: 'Intro: ' },
              {
                type: 'text',
                text: 'Paris is big',
                citations: [citation, { ...citation, url: 'https://y' }],
              },
            ],
            finishReason: 'stop',
          },
        ],
        usage: { input: {}, output: {} },
      },
      identity,
    ) as { choices: { message: { annotations: object[] } }[] };
    const annotations = whole.choices[0]?.message.annotations;
    expect(annotations).toMatchObject([
      { url_citation: { url: 'https://x', start_index: 7, end_index: 19 } },
      { url_citation: { url: 'https://y', start_index: 7, end_index: 19 } },
    ]);
    expect(chatChunks(text)[3]).toEqual(content({ annotations }));
  });

  it('gives an empty answer its role, its finish and its end', () => {
    const text = encodeStream(openaiChat, [{ type: 'finish', reason: 'length' }]);
    expect(chatStreamFaults(text)).toEqual([]);
    expect(chatChunks(text)[0]).toEqual(content({ role: 'assistant', content: '' }));
  });

  it('row 33: keeps the choices apart, each with its role and its own finish', () => {
    const text = encodeStream(openaiChat, [
      { type: 'text-start', block: 0 },
      { type: 'text-start', block: 1, choice: 1 },
      { type: 'text-delta', block: 1, text: 'b' },
      { type: 'text-delta', block: 0, text: 'a' },
      { type: 'finish', reason: 'length', choice: 1 },
      { type: 'finish', reason: 'stop' },
    ]);
    expect(chatStreamFaults(text)).toEqual([]);
    const seen = chatChunks(text).flatMap((chunk) =>
      (chunk['choices'] as { index: number }[]).map((choice) => choice.index),
    );
    expect(seen).toEqual([1, 0, 0, 1]);
  });
});
