import { ObjectText } from '../json-splice.js';
import { FaregateError } from '../../core/errors.js';
import { asArray, isObject, type JsonObject } from '../../core/json.js';
import { anthropicMessages } from '../anthropic-messages/index.js';
import { googleGemini } from '../google-gemini/index.js';
import { openaiResponses } from '../openai-responses/index.js';
import type { WireQuirks } from '../protocol.js';
import { encodeMessages } from './messages-encode.js';
import { passthrough } from './passthrough.js';
import { portable } from './portable.js';
import { decodeRequest } from './request-decode.js';

const target = (quirks: WireQuirks = {}, issuer = 'openai') => ({ upstreamModel: 'up', quirks, issuer });
const custom = (id: string): JsonObject => ({
  id,
  type: 'custom',
  custom: { name: 'code_exec', input: 'print(1)' },
});
const call = (id: string): JsonObject => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
const result = (id: string, content: string): JsonObject => ({ role: 'tool', tool_call_id: id, content });

const history = (calls: JsonObject[], results: JsonObject[], more: JsonObject = {}): JsonObject => ({
  model: 'm',
  max_tokens: 99,
  messages: [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: null, tool_calls: calls },
    ...results,
    { role: 'user', content: 'and?' },
  ],
  ...more,
});
const mixed = history([custom('c1'), call('c2')], [result('c1', '1'), result('c2', 'two')]);

describe('a call of a custom tool in a Chat history', () => {
  it('goes to a Chat vendor as it came', () => {
    expect(
      passthrough.requestChanges(decodeRequest(mixed), target(), new ObjectText('{}')).set,
    ).not.toHaveProperty('messages');
  });

  it('stands in tool_calls again, in its place, when messages are written anew', () => {
    const { messages, warnings } = encodeMessages(decodeRequest(mixed).messages, target());
    expect(messages).toEqual(mixed['messages']);
    expect(warnings).toEqual([]);
    const [, assistant, answered] = encodeMessages(
      decodeRequest(mixed).messages,
      target({ toolCallIds: 'nine-alphanumerics' }),
    ).messages;
    const [first] = asArray(assistant?.['tool_calls']).filter(isObject);
    expect(first?.['id']).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(answered?.['tool_call_id']).toBe(first?.['id']);
  });

  it('is a tool-call turn for vendors that want reasoning_content on every one', () => {
    const { set } = passthrough.requestChanges(
      decodeRequest(history([custom('c1')], [result('c1', '1')])),
      target({ reasoningHistory: 'reasoning_content' }),
      new ObjectText('{}'),
    );
    expect(JSON.parse(set['messages'] ?? '')).toContainEqual({
      role: 'assistant',
      content: null,
      reasoning_content: ' ',
      tool_calls: [custom('c1')],
    });
  });

  it("a vendor's own kind of call is kept as well", () => {
    const builtin = { id: 'b', type: 'builtin_function', function: { name: '$web_search', arguments: '{}' } };
    const { messages } = decodeRequest(history([builtin], [result('b', '1')]));
    expect(encodeMessages(messages, target()).messages[1]?.['tool_calls']).toEqual([builtin]);
  });

  it.each<[string, JsonObject]>([
    ['id', { type: 'custom', custom: { name: 'n', input: '' } }],
    ['custom', { id: 'c', type: 'custom' }],
    ['custom.name', { id: 'c', type: 'custom', custom: { input: '' } }],
    ['custom.input', { id: 'c', type: 'custom', custom: { name: 'n', input: 7 } }],
    ['type', { id: 'c', type: 7 }],
    ['type', { id: 'c', type: '' }],
    ['function', { id: 'c', type: 'function' }],
    ['type', { id: 'c', type: 'other' }],
  ])('is refused by the name of a malformed field: %s', (field, malformed) => {
    const param = `messages.1.tool_calls.0.${field}`;
    const details = expect.objectContaining({ param });
    expect(() => decodeRequest(history([malformed], []))).toThrow(
      expect.objectContaining({ kind: 'invalid_request', details }) as unknown as FaregateError,
    );
  });
});

describe('a call of a custom tool for an upstream of another protocol', () => {
  const { request, warnings } = portable(decodeRequest(mixed));

  it('becomes text together with its result, and both are named', () => {
    expect(request.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Called the tool code_exec with: print(1)' },
          { type: 'tool-call', id: 'c2', name: 'f', arguments: '{}' },
        ],
      },
      {
        role: 'tool',
        content: [{ type: 'tool-result', callId: 'c2', content: [{ type: 'text', text: 'two' }] }],
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Result of the tool code_exec:' },
          { type: 'text', text: '1' },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'and?' }] },
    ]);
    expect(warnings).toEqual([expect.stringMatching(/^messages\.tool_calls: the call of "code_exec"/)]);
  });

  it.each([anthropicMessages, openaiResponses, googleGemini])(
    'leaves no result without its call, nor a call without its result: $name',
    (protocol) => {
      for (const body of [mixed, history([custom('c1')], [result('c1', '1')])]) {
        const moved = portable(decodeRequest(body)).request;
        const sent = protocol.encodeRequest(moved, target({}, protocol.issuer));
        const text = JSON.stringify(sent.body);
        expect(text).toContain('print(1)');
        expect(text).toContain('Result of the tool code_exec:');
        expect(text).not.toContain('"c1"');
        expect(sent.warnings).toEqual([]);
      }
    },
  );

  it('a later function call under the same id keeps its result', () => {
    const body = history([custom('x')], [result('x', '1')]);
    const again = [{ role: 'assistant', content: null, tool_calls: [call('x')] }, result('x', '2')];
    const messages = [...(body['messages'] as JsonObject[]), ...again];
    const { request: moved } = portable(decodeRequest({ ...body, messages }));
    expect(moved.messages.at(-1)).toMatchObject({ role: 'tool', content: [{ callId: 'x' }] });
  });

  it('a history without such calls is the same request', () => {
    const plain = decodeRequest(history([call('c2')], [result('c2', 'two')]));
    expect(portable(plain).request).toBe(plain);
  });
});
