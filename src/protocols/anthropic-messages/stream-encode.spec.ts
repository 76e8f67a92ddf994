import { foldEvents } from '../../../test/support/event-fold.js';
import { messagesFrames, messagesStreamFaults } from '../../../test/support/messages-stream.js';
import { decodeStream, encodeStream, testIdentity } from '../../../test/support/protocol-laws.js';
import type { CompletionEvent } from '../completion.js';
import type { ResponseIdentity } from '../protocol.js';
import { anthropicMessages } from './index.js';

const identity = (changes: Partial<ResponseIdentity> = {}) =>
  testIdentity({ id: 'msg_01abc', model: 'openai/gpt-5.5', ...changes });

const encode = (events: CompletionEvent[], changes: Partial<ResponseIdentity> = {}): string => {
  const wire = encodeStream(anthropicMessages, events, identity(changes));
  expect(messagesStreamFaults(wire)).toEqual([]);
  return wire;
};

const text = (block: number, words: string): CompletionEvent[] => [
  { type: 'text-start', block },
  { type: 'text-delta', block, text: words },
  { type: 'text-end', block },
];
const usage: CompletionEvent = { type: 'usage', usage: { input: { noCache: 18 }, output: { total: 32 } } };
const finish: CompletionEvent = { type: 'finish', reason: 'stop' };

const last = (wire: string, type: string) =>
  messagesFrames(wire).findLast(({ data }) => data['type'] === type)?.data;

describe('writing a Messages stream', () => {
  it('statement 19: named events in order, message_stop last', () => {
    const wire = encode([{ type: 'start', id: 'upstream', model: 'gpt' }, ...text(0, 'hi'), finish, usage]);
    expect(wire).toBe(
      [
        'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_01abc","type":"message","role":"assistant","model":"openai/gpt-5.5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0}}}',
        'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}',
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}',
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":18,"output_tokens":32}}',
        'event: message_stop\ndata: {"type":"message_stop"}',
        '',
      ].join('\n\n'),
    );
  });

  it('statement 92: with the Cortecs profile data: [DONE] follows message_stop', () => {
    const wire = encode([...text(0, 'hi'), finish, usage], { profile: 'cortecs' });
    expect(wire.endsWith('data: {"type":"message_stop"}\n\ndata: [DONE]\n\n')).toBe(true);
    expect(encode([...text(0, 'hi'), finish, usage])).not.toContain('[DONE]');
  });

  it('input counts known at the start stand in message_start, with output 0', () => {
    const known: CompletionEvent = {
      type: 'usage',
      usage: { input: { noCache: 5, cacheRead: 7 }, output: { total: 1 } },
    };
    const wire = encode([{ type: 'start' }, known, ...text(0, 'hi'), usage, finish]);
    expect(last(wire, 'message_start')).toMatchObject({
      message: { usage: { input_tokens: 5, cache_read_input_tokens: 7, output_tokens: 0 } },
    });
  });

  it('until the upstream names its input, the estimate stands for it', () => {
    const wire = encode([{ type: 'start' }, ...text(0, 'hi'), usage, finish], { inputEstimate: 21 });
    expect(last(wire, 'message_start')).toMatchObject({ message: { usage: { input_tokens: 21 } } });
    expect(last(wire, 'message_delta')).toMatchObject({ usage: { input_tokens: 18 } });
    const unreported = encode([...text(0, 'hi'), finish], { inputEstimate: 21 });
    expect(last(unreported, 'message_delta')).toMatchObject({ usage: { input_tokens: 21 } });
  });

  it('statement 20: message_delta carries the whole usage and the searches', () => {
    const counted: CompletionEvent = {
      type: 'usage',
      usage: { input: { noCache: 5, cacheWrite1h: 3 }, output: { total: 9, reasoning: 4 }, searches: 1 },
    };
    expect(last(encode([...text(0, 'hi'), finish, counted]), 'message_delta')?.['usage']).toEqual({
      input_tokens: 5,
      cache_creation_input_tokens: 3,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 3 },
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 4 },
      server_tool_use: { web_search_requests: 1 },
    });
  });

  it('the price stands in message_delta as the profile shows it', () => {
    const costOf = () => '0.000001500';
    const cost = (profile: ResponseIdentity['profile']) =>
      last(encode([...text(0, 'hi'), finish, usage], { profile, costOf }), 'message_delta')?.['usage'];
    expect(cost('standard')).toMatchObject({ cost: 0.0000015 });
    expect(cost('cortecs')).toMatchObject({ cost: expect.any(Number), cost_details: expect.any(Object) });
    expect(cost('octen')).not.toMatchObject({ cost: expect.anything() });
  });

  it('row 59: blocks that interleave are written one after the other, nothing lost', () => {
    const events: CompletionEvent[] = [
      { type: 'text-start', block: 0 },
      { type: 'text-delta', block: 0, text: 'a' },
      { type: 'tool-start', block: 1, id: 'call_1', name: 'add' },
      { type: 'tool-start', block: 2, id: 'call_2', name: 'sub' },
      { type: 'tool-delta', block: 2, text: '{"b":2}' },
      { type: 'tool-delta', block: 1, text: '{"a":1}' },
      { type: 'tool-end', block: 2 },
      { type: 'text-delta', block: 0, text: 'b' },
      { type: 'text-end', block: 0 },
      { type: 'tool-end', block: 1 },
      { type: 'finish', reason: 'tool-calls' },
    ];
    const { choices } = foldEvents(decodeStream(anthropicMessages, encode(events)));
    expect(choices).toEqual([
      {
        content: [
          { type: 'text', text: 'ab' },
          { type: 'tool-call', id: 'call_1', name: 'add', arguments: '{"a":1}' },
          { type: 'tool-call', id: 'call_2', name: 'sub', arguments: '{"b":2}' },
        ],
        finishReason: 'tool-calls',
      },
    ]);
  });

  it('a delta of the open block is written at once', () => {
    const encoder = anthropicMessages.streamEncoder(identity());
    encoder.push({ type: 'text-start', block: 3 });
    expect(encoder.push({ type: 'text-delta', block: 3, text: 'x' })).toContain('"text":"x"');
  });

  it('blocks still open at the end are closed', () => {
    encode([{ type: 'text-start', block: 0 }, { type: 'text-delta', block: 0, text: 'a' }, finish]);
  });

  it('an answer without content is still a whole stream', () => {
    encode([{ type: 'start' }, finish, usage]);
  });

  it('a stopped answer with a tool call is tool_use', () => {
    const events: CompletionEvent[] = [
      { type: 'tool-start', block: 0, id: 'a:b', name: 'x' },
      { type: 'tool-end', block: 0 },
      finish,
    ];
    const wire = encode(events);
    expect(last(wire, 'message_delta')).toMatchObject({ delta: { stop_reason: 'tool_use' } });
    expect(wire).not.toContain('"a:b"');
  });

  it('a refusal stands in stop_details, joined', () => {
    const wire = encode([
      { type: 'refusal-delta', text: 'I ' },
      { type: 'refusal-delta', text: 'will not.' },
      finish,
    ]);
    expect(last(wire, 'message_delta')).toMatchObject({
      delta: { stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: 'I will not.' } },
    });
  });

  it('other choices than the first show nothing', () => {
    const other: CompletionEvent[] = [
      { type: 'text-start', block: 1, choice: 1 },
      { type: 'text-delta', block: 1, text: 'second' },
      { type: 'text-end', block: 1 },
      { type: 'finish', reason: 'length', choice: 1 },
    ];
    const wire = encode([...text(0, 'first'), finish, ...other]);
    expect(wire).not.toContain('second');
    expect(last(wire, 'message_delta')).toMatchObject({ delta: { stop_reason: 'end_turn' } });
  });

  it('row 42: a signature of another vendor keeps its issuer', () => {
    const events: CompletionEvent[] = [
      { type: 'thinking-start', block: 0 },
      { type: 'thinking-delta', block: 0, text: 'hm' },
      { type: 'thinking-signature', block: 0, signature: { issuer: 'openai', value: 'abc' } },
      { type: 'thinking-end', block: 0 },
      { type: 'redacted-thinking', block: 1, data: 'enc', issuer: 'openai' },
      finish,
    ];
    expect(foldEvents(decodeStream(anthropicMessages, encode(events))).choices[0]?.content).toEqual([
      { type: 'thinking', text: 'hm', signature: { issuer: 'openai', value: 'abc' } },
      { type: 'redacted-thinking', data: 'enc', issuer: 'openai' },
    ]);
  });

  it('ends once, whatever is pushed after', () => {
    const encoder = anthropicMessages.streamEncoder(identity());
    encoder.push(finish);
    expect(encoder.end()).not.toBe('');
    expect(encoder.push({ type: 'text-start', block: 0 }) + encoder.end()).toBe('');
  });
});
