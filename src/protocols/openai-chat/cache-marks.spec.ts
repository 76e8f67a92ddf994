import { ObjectText } from '../json-splice.js';
import type { JsonObject } from '../../core/json.js';
import { openrouter } from '../../providers/openai-compatible/openrouter.js';
import { qwen } from '../../providers/openai-compatible/qwen.js';
import { anthropicMessages } from '../anthropic-messages/index.js';
import { portable } from '../anthropic-messages/portable.js';
import type { WireQuirks } from '../protocol.js';
import { passthrough } from './passthrough.js';
import { decodeRequest } from './request-decode.js';
import { encodeRequest } from './request-encode.js';

const cache_control = { type: 'ephemeral' };
const hour = { type: 'ephemeral', ttl: '1h' };
const target = (quirks: WireQuirks) => ({ upstreamModel: 'up', quirks, issuer: 'vendor' });
const MARKED = [openrouter, qwen].map(({ name, quirks }) => [name, quirks] as const);

/** A conversation of a client of Messages as a Chat vendor is sent it. */
function fromMessages(messages: JsonObject[], quirks: WireQuirks, more: JsonObject = {}) {
  const body = { model: 'm', max_tokens: 9, messages, ...more };
  const { request } = portable(anthropicMessages.decodeRequest(body, 'standard'));
  const { body: sent, warnings } = encodeRequest(request, target(quirks));
  return { messages: sent['messages'] as JsonObject[], tools: sent['tools'], warnings };
}

const turns = (result: JsonObject, assistant: JsonObject = {}): JsonObject[] => [
  { role: 'user', content: 'hi' },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: 'x', ...assistant },
      { type: 'tool_use', id: 't1', name: 'f', input: {} },
    ],
  },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', ...result }] },
];

describe.each(MARKED)('cache marks for %s', (_, quirks) => {
  const resultOf = (result: JsonObject) => {
    const { messages, warnings } = fromMessages(turns(result), quirks);
    expect(warnings).toEqual([]);
    return messages[2]?.['content'];
  };

  it('a marked tool result is a text part with the mark, an unmarked one plain text', () => {
    expect(resultOf({ content: 'r', cache_control: hour })).toEqual([
      { type: 'text', text: 'r', cache_control: hour },
    ]);
    expect(resultOf({ content: 'r', is_error: true, cache_control })).toEqual([
      { type: 'text', text: 'Error: r', cache_control },
    ]);
    expect(resultOf({ content: 'r' })).toBe('r');
  });

  it('marks inside a tool result stay on their parts', () => {
    const a = { type: 'text', text: 'a' };
    expect(
      resultOf({
        content: [
          { ...a, cache_control },
          { type: 'text', text: 'b' },
        ],
      }),
    ).toEqual([
      { ...a, cache_control },
      { type: 'text', text: 'b' },
    ]);
    const found = { type: 'search_result', title: 'T', source: 'https://s', content: [a], cache_control };
    expect(resultOf({ content: [found] })).toEqual([
      { type: 'text', text: 'T\nhttps://s\n\na', cache_control },
    ]);
  });

  it('a marked text of an assistant turn is a part with the mark', () => {
    const [, assistant] = fromMessages(turns({ content: 'r' }, { cache_control }), quirks).messages;
    expect(assistant?.['content']).toEqual([{ type: 'text', text: 'x', cache_control }]);
    expect(fromMessages(turns({ content: 'r' }), quirks).messages[1]?.['content']).toBe('x');
  });

  it('marks without a place are named once: on tools, calls and empty results', () => {
    const [hi, , result] = turns({ cache_control });
    const call = { type: 'tool_use', id: 't1', name: 'f', input: {}, cache_control };
    const tool = { name: 'f', input_schema: { type: 'object' }, cache_control };
    const history = [hi, { role: 'assistant', content: [call] }, result] as JsonObject[];
    const { warnings, tools } = fromMessages(history, quirks, { tools: [tool] });
    expect(warnings).toEqual([expect.stringMatching(/^cache_control was dropped/)]);
    expect(JSON.stringify(tools)).not.toContain('cache_control');
  });

  it("messages of a Chat client that are written anew keep a tool message's mark", () => {
    const messages = [
      { role: 'user', content: [{ type: 'image', image: 'iVBORw' }] },
      { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'f' } }] },
      { role: 'tool', tool_call_id: 'c', content: [{ type: 'text', text: 'r', cache_control }] },
    ];
    const { set, warnings } = passthrough.requestChanges(
      decodeRequest({ model: 'm', messages }),
      target(quirks),
      new ObjectText('{}'),
    );
    expect(warnings).toEqual([]);
    expect((JSON.parse(set['messages'] ?? '') as JsonObject[])[2]).toEqual(messages[2]);
  });
});

it('a vendor without cache marks gets none, and its caller is told once, wherever they stood', () => {
  const tools = [{ name: 'f', input_schema: { type: 'object' }, cache_control }];
  const cases: [JsonObject, JsonObject][] = [
    [{ content: 'r', cache_control }, {}],
    [{ content: [{ type: 'text', text: 'r', cache_control }] }, {}],
    [{ content: 'r' }, { cache_control }],
    [{ content: 'r', cache_control }, { cache_control }],
  ];
  for (const [result, assistant] of cases) {
    for (const more of [{}, { tools }]) {
      const sent = fromMessages(turns(result, assistant), {}, more);
      expect(JSON.stringify([sent.messages, sent.tools])).not.toContain('cache_control');
      expect(sent.warnings).toEqual([expect.stringMatching(/^cache_control was dropped/)]);
    }
  }
  expect(fromMessages(turns({ content: 'r' }), {}, { tools }).warnings).toHaveLength(1);
  expect(fromMessages(turns({ content: 'r' }), {}).warnings).toEqual([]);
});
