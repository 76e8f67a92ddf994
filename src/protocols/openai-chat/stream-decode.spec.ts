import {
  choicesChunk,
  chunk,
  finishChunk,
  openWire,
  toolChunk,
  usageChunk,
  wire,
} from '../../../test/support/builders/chat-stream.builder.js';
import { foldEvents } from '../../../test/support/event-fold.js';
import { decodeStream } from '../../../test/support/protocol-laws.js';
import { eventOrderFaults } from '../../../test/support/stream-order.js';
import type { JsonObject } from '../../core/json.js';
import { openaiChat } from './index.js';

const decode = (text: string) => {
  const events = decodeStream(openaiChat, text);
  return { events, folded: foldEvents(events), faults: eventOrderFaults(events) };
};

const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
const call = (index: number | undefined, fields: JsonObject, named: JsonObject = {}): JsonObject => ({
  ...(index === undefined ? {} : { index }),
  ...fields,
  function: named,
});
const calls = (text: string) => {
  const { folded, faults } = decode(text);
  expect(faults).toEqual([]);
  return folded.choices[0]?.content.map((part) =>
    part.type === 'tool-call' ? [part.id, part.name, part.arguments] : part.type,
  );
};

describe('usage is found wherever a vendor puts it', () => {
  it.each<[string, JsonObject[]]>([
    ['in an extra chunk', [finishChunk('stop'), usageChunk(usage)]],
    ['on the finish chunk', [finishChunk('stop', {}, { usage })]],
    ['inside the choice', [choicesChunk([{ index: 0, delta: {}, finish_reason: 'stop', usage }])]],
    ['under x_groq', [finishChunk('stop', {}, { x_groq: { usage } })]],
    ['twice', [finishChunk('stop', {}, { usage }), usageChunk(usage)]],
    [
      'on every chunk, growing',
      [
        chunk({ content: '!' }, { usage: { ...usage, completion_tokens: 1 } }),
        finishChunk('stop', {}, { usage }),
      ],
    ],
  ])('row 67: %s', (_name, last) => {
    const { folded } = decode(wire(chunk({ role: 'assistant', content: 'Hi' }), ...last));
    expect(folded.usage).toMatchObject({ input: { noCache: 9 }, output: { total: 4 } });
    expect(folded.failure).toBeUndefined();
  });

  it('and stays unreported when there is none', () => {
    const { folded } = decode(wire(chunk({ content: 'Hi' }), finishChunk('stop')));
    expect(folded.usage).toEqual({ input: {}, output: {} });
  });
});

describe('tool deltas', () => {
  it('row 60: are keyed by index; id and name may repeat, be empty, or come late', () => {
    const text = wire(
      toolChunk(call(0, {}, { arguments: '{"a"' })),
      toolChunk(call(0, { id: 'x', type: 'function' }, { name: 'f', arguments: ':' })),
      toolChunk(call(0, { id: '', type: 'function' }, { name: '', arguments: '1' })),
      toolChunk(call(0, { id: 'x' }, { name: 'f', arguments: '}' })),
      finishChunk('tool_calls'),
    );
    expect(calls(text)).toEqual([['x', 'f', '{"a":1}']]);
  });

  it('row 60: may bring several whole calls at once, with one index or none', () => {
    const whole = (index: number | undefined, id: string) =>
      call(index, { id }, { name: 'f', arguments: '{}' });
    const expected = [
      ['a', 'f', '{}'],
      ['b', 'f', '{}'],
    ];
    expect(calls(wire(toolChunk(whole(undefined, 'a'), whole(undefined, 'b')), finishChunk('stop')))).toEqual(
      expected,
    );
    expect(calls(wire(toolChunk(whole(0, 'a')), toolChunk(whole(0, 'b')), finishChunk('stop')))).toEqual(
      expected,
    );
    expect(calls(wire(toolChunk(whole(1, 'a')), toolChunk(whole(2, 'b')), finishChunk('stop')))).toEqual(
      expected,
    );
  });

  it('row 60: without index, id or name continue the last call', () => {
    const text = wire(
      toolChunk(call(undefined, { id: 'a' }, { name: 'f', arguments: '{' })),
      toolChunk(call(undefined, {}, { arguments: '}' })),
      finishChunk('tool_calls'),
    );
    expect(calls(text)).toEqual([['a', 'f', '{}']]);
  });

  it('row 59: of interleaved calls are put in order without losing a character', () => {
    const text = wire(
      toolChunk(call(0, { id: 'a' }, { name: 'f', arguments: '{"x":' })),
      toolChunk(call(1, { id: 'b' }, { name: 'g', arguments: '{"y":' })),
      toolChunk(call(0, {}, { arguments: '1}' })),
      toolChunk(call(1, {}, { arguments: '2}' })),
      finishChunk('tool_calls'),
    );
    expect(calls(text)).toEqual([
      ['a', 'f', '{"x":1}'],
      ['b', 'g', '{"y":2}'],
    ]);
  });

  it('row 14: of a call without arguments give {}, of one without id a new id', () => {
    expect(
      calls(wire(toolChunk(call(0, { id: 'a' }, { name: 'f', arguments: '' })), finishChunk('tool_calls'))),
    ).toEqual([['a', 'f', '{}']]);
    expect(
      calls(
        wire(toolChunk(call(0, {}, { name: 'f' }), call(1, {}, { name: 'g' })), finishChunk('tool_calls')),
      ),
    ).toEqual([
      ['call_chatcmpl1_0', 'f', '{}'],
      ['call_chatcmpl1_1', 'g', '{}'],
    ]);
  });

  it('make the finish tool-calls even when the vendor says stop', () => {
    const { folded } = decode(wire(toolChunk(call(0, { id: 'a' }, { name: 'f' })), finishChunk('stop')));
    expect(folded.choices[0]?.finishReason).toBe('tool-calls');
  });

  it('keep the signature that Google puts on a call', () => {
    const signed = { id: 'a', extra_content: { google: { thought_signature: 'z' } } };
    const { folded } = decode(
      wire(toolChunk(call(0, signed, { name: 'f', arguments: '{}' })), finishChunk('stop')),
    );
    expect(folded.choices[0]?.content[0]).toMatchObject({ signature: { issuer: 'google', value: 'z' } });
  });
});

describe('content', () => {
  const content = (...chunks: JsonObject[]) => {
    const { folded, faults } = decode(wire(...chunks, finishChunk('stop')));
    expect(faults).toEqual([]);
    return folded.choices[0]?.content;
  };

  it('may be a list of text and thinking', () => {
    const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] };
    expect(
      content(chunk({ content: [thinking] }), chunk({ content: [{ type: 'text', text: 'ok' }] })),
    ).toEqual([
      { type: 'thinking', text: 'hm' },
      { type: 'text', text: 'ok' },
    ]);
  });

  it('of reasoning is read once when a vendor sends it in two fields', () => {
    const detail = { type: 'reasoning.text', text: 'hm', format: 'unknown' };
    expect(content(chunk({ reasoning_content: 'hm', reasoning_details: [detail] }))).toEqual([
      { type: 'thinking', text: 'hm' },
    ]);
    expect(content(chunk({ reasoning_details: [detail] }))).toEqual([{ type: 'thinking', text: 'hm' }]);
  });

  it('rows 39 and 40: of thinking keeps its signature, also when it shows no text', () => {
    const details = [{ type: 'reasoning.text', signature: 's', format: 'anthropic-claude-v1' }];
    const encrypted = [{ type: 'reasoning.encrypted', data: 'd', format: 'openai-responses-v1' }];
    const signature = { issuer: 'anthropic', value: 's' };
    expect(content(chunk({ reasoning_details: details }), chunk({ reasoning_details: encrypted }))).toEqual([
      { type: 'thinking', text: '', signature },
      { type: 'redacted-thinking', data: 'd', issuer: 'openai' },
    ]);
    expect(
      content(chunk({ reasoning: 'a' }), chunk({ reasoning_details: details }), chunk({ reasoning: 'b' })),
    ).toEqual([
      { type: 'thinking', text: 'a', signature },
      { type: 'thinking', text: 'b' },
    ]);
  });

  it('of thinking is read once when its text stands in plain deltas and again beside its signature', () => {
    const block = (text: string, signature: string) => [
      chunk({ reasoning: text.slice(0, 1) }),
      chunk({ reasoning: text.slice(1) }),
      chunk({
        reasoning_details: [{ type: 'reasoning.text', text, signature, format: 'anthropic-claude-v1' }],
      }),
    ];
    expect(content(...block('abc', 's'), ...block('abc', 't'))).toEqual([
      { type: 'thinking', text: 'abc', signature: { issuer: 'anthropic', value: 's' } },
      { type: 'thinking', text: 'abc', signature: { issuer: 'anthropic', value: 't' } },
    ]);
  });

  it('rows 34 and 56: of refusals and logprobs arrives', () => {
    const logprobs = { content: [{ token: 'a', logprob: -1, bytes: null, top_logprobs: [] }], refusal: null };
    const { events } = decode(
      wire(
        choicesChunk([{ index: 0, delta: { content: 'a' }, logprobs }]),
        chunk({ refusal: 'No' }),
        finishChunk('stop'),
      ),
    );
    expect(events).toContainEqual({ type: 'text-delta', block: 0, text: 'a', logprobs });
    expect(events).toContainEqual({ type: 'refusal-delta', text: 'No' });
  });

  it('on the finish chunk is not lost, after the finish it is not repeated', () => {
    const whole = { index: 0, message: { role: 'assistant', content: 'Hi!' }, finish_reason: 'stop' };
    expect(
      content(chunk({ content: 'Hi' }), finishChunk('stop', { content: '!' }), choicesChunk([whole])),
    ).toEqual([{ type: 'text', text: 'Hi!' }]);
    expect(content(choicesChunk([whole]))).toEqual([{ type: 'text', text: 'Hi!' }]);
    expect(content(chunk({ content: 'Hi!' }), choicesChunk([whole]))).toEqual([
      { type: 'text', text: 'Hi!' },
    ]);
  });
});

describe('the end of a stream', () => {
  const hello = chunk({ role: 'assistant', content: 'Hi' }, { id: 'first' });

  it('is fine after a finish without a terminator', () => {
    expect(decode(openWire(hello, finishChunk('stop'))).folded.failure).toBeUndefined();
  });

  it('is fine with a terminator and no reason, which is then unknown', () => {
    const { folded, faults } = decode(wire(hello));
    expect(faults).toEqual([]);
    expect(folded.choices[0]?.finishReason).toBe('other');
  });

  it('row 68: is a failure without finish and terminator, with half a chunk, or with nothing at all', () => {
    for (const text of [
      openWire(hello),
      `${openWire(hello)}data: {"id":"x","cho`,
      '',
      'data: [DONE]\n\n',
      ': ping\n\n',
    ]) {
      expect(decode(text).events.at(-1)).toMatchObject({ type: 'error', failure: { kind: 'upstream' } });
    }
  });

  it('is a failure when one of several choices never finished', () => {
    const text = openWire(
      choicesChunk([
        { index: 0, delta: { content: 'a' }, finish_reason: 'stop' },
        { index: 1, delta: { content: 'b' } },
      ]),
    );
    expect(decode(text).folded.failure).toBeDefined();
  });

  it('rows 69 and 76: comes once: a second finish and a changed id are ignored, comments too', () => {
    const text = `: PROCESSING\n\n${wire(hello, finishChunk('stop'), finishChunk('length', { content: '' }, { id: 'second' }))}: bye\n\n`;
    const { events } = decode(text);
    expect(events.filter((event) => event.type === 'finish')).toEqual([{ type: 'finish', reason: 'stop' }]);
    expect(events.filter((event) => event.type === 'start')).toEqual([
      { type: 'start', id: 'first', model: 'gpt-x' },
    ]);
  });

  it('row 76: skips the empty first chunk of Azure', () => {
    const first = { id: '', model: '', choices: [], prompt_filter_results: [] };
    expect(decode(wire(first, hello, finishChunk('stop'))).events[0]).toEqual({
      type: 'start',
      id: 'first',
      model: 'gpt-x',
    });
  });
});

describe('an error inside a stream ends it', () => {
  const hello = openWire(chunk({ content: 'Hi' }));
  it.each([
    ['as a data frame', 'data: {"error":{"message":"boom","type":"server_error"}}\n\n', 'upstream'],
    ['row 70: as an error event (Groq)', 'event: error\ndata: {"error":{"message":"boom"}}\n\n', 'upstream'],
    [
      'beside a finish',
      `data: ${JSON.stringify({ ...finishChunk('error'), error: { message: 'boom', code: 502 } })}\n\n`,
      'upstream',
    ],
    [
      'row 77: as a MiniMax base_resp',
      'data: {"base_resp":{"status_code":1002,"status_msg":"boom"}}\n\n',
      'rate_limit',
    ],
    ['of a rate limit', 'data: {"error":{"message":"boom","code":429}}\n\n', 'rate_limit'],
    [
      'of the request',
      'data: {"error":{"message":"boom","type":"invalid_request_error"}}\n\n',
      'invalid_request',
    ],
    ['of a deadline', 'data: {"error":{"message":"boom","code":504}}\n\n', 'timeout'],
  ])('row 70: %s', (_name, frame, kind) => {
    const { events } = decode(`${hello}${frame}${wire(chunk({ content: 'more' }), finishChunk('stop'))}`);
    expect(events.at(-1)).toMatchObject({ type: 'error', failure: { kind, message: 'boom' } });
    expect(events.filter((event) => event.type === 'finish' || event.type === 'error')).toHaveLength(1);
  });

  it('error: null and a base_resp of success are no errors', () => {
    const fine = { error: null, base_resp: { status_code: 0, status_msg: 'success' } };
    expect(
      decode(wire(chunk({ content: 'Hi' }, fine), finishChunk('stop', {}, fine))).folded.failure,
    ).toBeUndefined();
  });
});
