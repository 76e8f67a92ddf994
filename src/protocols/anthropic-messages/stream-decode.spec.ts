import type { JsonObject } from '../../core/json.js';
import { foldEvents } from '../../../test/support/event-fold.js';
import { messagesWire } from '../../../test/support/messages-stream.js';
import { decodeStream } from '../../../test/support/protocol-laws.js';
import { eventOrderFaults } from '../../../test/support/stream-order.js';
import type { CompletionEvent } from '../completion.js';
import { anthropicMessages } from './index.js';

const start = (
  usage: JsonObject = { input_tokens: 12, output_tokens: 1 },
  more: JsonObject = {},
): JsonObject => ({
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: [],
    usage,
    ...more,
  },
});
const open = (index: number, content_block: JsonObject): JsonObject => ({
  type: 'content_block_start',
  index,
  content_block,
});
const delta = (index: number, piece: JsonObject): JsonObject => ({
  type: 'content_block_delta',
  index,
  delta: piece,
});
const text = (index: number, words: string) => delta(index, { type: 'text_delta', text: words });
const json = (index: number, partial_json: string) =>
  delta(index, { type: 'input_json_delta', partial_json });
const stop = (index: number): JsonObject => ({ type: 'content_block_stop', index });
const end = (
  stop_reason = 'end_turn',
  usage: JsonObject = { output_tokens: 5 },
  more: JsonObject = {},
): JsonObject => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null, ...more },
  usage,
});
const bye: JsonObject = { type: 'message_stop' };
const textBlock = { type: 'text', text: '' };
const toolBlock = (id: string) => ({ type: 'tool_use', id, name: 'add', input: {} });

const decode = (...events: JsonObject[]): CompletionEvent[] =>
  decodeStream(anthropicMessages, messagesWire(events));
const contentOf = (...events: JsonObject[]) => {
  const decoded = decode(...events);
  expect(eventOrderFaults(decoded)).toEqual([]);
  return foldEvents(decoded).choices[0]?.content;
};

describe('reading a Messages stream', () => {
  it('statement 20: the usage of message_delta is cumulative and wins, class by class', () => {
    const first = start({ input_tokens: 12, cache_read_input_tokens: 100, output_tokens: 1 });
    const last = end('end_turn', {
      input_tokens: 40,
      output_tokens: 9,
      server_tool_use: { web_search_requests: 2 },
    });
    const { usage } = foldEvents(decode(first, end('tool_use', { output_tokens: 3 }), last, bye));
    expect(usage).toEqual({ input: { noCache: 40, cacheRead: 100 }, output: { total: 9 }, searches: 2 });
  });

  it('rows 66 and 68: the output count of message_start is not reported, so that a cut stream is never billed from it', () => {
    expect(foldEvents(decode(start())).usage).toEqual({ input: { noCache: 12 }, output: {} });
  });

  it('text, citations, thinking with its signature, a hidden thought', () => {
    const citation = { type: 'char_location', cited_text: 'x' };
    expect(
      contentOf(
        start(),
        open(0, { type: 'thinking', thinking: '', signature: '' }),
        delta(0, { type: 'thinking_delta', thinking: 'hm' }),
        delta(0, { type: 'signature_delta', signature: 'c2ln' }),
        stop(0),
        open(1, { type: 'redacted_thinking', data: 'ZA==' }),
        stop(1),
        open(2, textBlock),
        delta(2, { type: 'citations_delta', citation }),
        text(2, 'yes'),
        stop(2),
        end(),
        bye,
      ),
    ).toEqual([
      { type: 'thinking', text: 'hm', signature: { issuer: 'anthropic', value: 'c2ln' } },
      { type: 'redacted-thinking', data: 'ZA==', issuer: 'anthropic' },
      { type: 'text', text: 'yes', citations: [citation] },
    ]);
  });

  it('row 39: an empty thought with a signature is kept', () => {
    const signed = delta(0, { type: 'signature_delta', signature: 's' });
    expect(
      contentOf(start(), open(0, { type: 'thinking', thinking: '' }), signed, stop(0), end(), bye),
    ).toEqual([{ type: 'thinking', text: '', signature: { issuer: 'anthropic', value: 's' } }]);
  });

  it('statement 56: server tool blocks come whole and in place, pieces of their input joined', () => {
    const call = { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} };
    const found = { type: 'web_search_tool_result', tool_use_id: 's1', content: [] };
    expect(
      contentOf(
        start(),
        open(0, call),
        json(0, '{"query":'),
        json(0, '"q"}'),
        stop(0),
        open(1, found),
        stop(1),
        end(),
        bye,
      ),
    ).toEqual([
      { type: 'opaque', protocol: 'anthropic-messages', raw: { ...call, input: { query: 'q' } } },
      { type: 'opaque', protocol: 'anthropic-messages', raw: found },
    ]);
  });

  it('an unknown block grows by its own deltas', () => {
    const grow = (content: string) => delta(0, { type: 'compaction_delta', content });
    expect(
      contentOf(
        start(),
        open(0, { type: 'compaction', content: 'a' }),
        grow('b'),
        grow('c'),
        stop(0),
        end(),
        bye,
      ),
    ).toEqual([
      { type: 'opaque', protocol: 'anthropic-messages', raw: { type: 'compaction', content: 'abc' } },
    ]);
  });

  it.each<[string, JsonObject[], string]>([
    ['in pieces', [json(0, ''), json(0, '{"a":'), json(0, '1}')], '{"a":1}'],
    ['not at all', [], '{}'],
    ['as one empty piece', [json(0, '')], '{}'],
  ])('row 14: tool arguments that come %s', (_name, pieces, args) => {
    expect(
      contentOf(start(), open(0, toolBlock('toolu_1')), ...pieces, stop(0), end('tool_use'), bye),
    ).toEqual([{ type: 'tool-call', id: 'toolu_1', name: 'add', arguments: args }]);
  });

  it('tool arguments that come whole in the start', () => {
    const block = { ...toolBlock('toolu_1'), input: { a: 1 } };
    expect(contentOf(start(), open(0, block), stop(0), end('tool_use'), bye)).toMatchObject([
      { arguments: '{"a":1}' },
    ]);
  });

  it('a whole message inside message_start', () => {
    const whole = { content: [{ ...toolBlock('toolu_1'), input: { a: 1 } }], stop_reason: 'tool_use' };
    const events = decode(start({ input_tokens: 0, output_tokens: 7 }, whole), bye);
    expect(foldEvents(events)).toMatchObject({
      choices: [{ finishReason: 'tool-calls', content: [{ id: 'toolu_1', arguments: '{"a":1}' }] }],
      usage: { output: { total: 7 } },
    });
  });

  it('row 56: a refusal ends with its explanation', () => {
    const refused = end(
      'refusal',
      { output_tokens: 5 },
      { stop_details: { type: 'refusal', explanation: 'No.' } },
    );
    expect(foldEvents(decode(start(), refused, bye)).choices).toEqual([
      { content: [{ type: 'refusal', text: 'No.' }], finishReason: 'content-filter' },
    ]);
  });

  it('statement 13: the stop sequence that was hit is named', () => {
    const events = decode(start(), end('stop_sequence', {}, { stop_sequence: 'END' }), bye);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop', stopSequence: 'END' });
  });
});

describe('a Messages stream with a defect still reads as', () => {
  const hello = [{ type: 'text', text: 'hello' }];
  it.each<[string, JsonObject[]]>([
    ['a repeated block stop', [start(), open(0, textBlock), text(0, 'hello'), stop(0), stop(0), end(), bye]],
    ['blocks numbered from 1', [start(), open(1, textBlock), text(1, 'hello'), stop(1), end(), bye]],
    ['a block never stopped', [start(), open(0, textBlock), text(0, 'hello'), end(), bye]],
    ['a delta without a start', [start(), text(0, 'hello'), end(), bye]],
    [
      'two starts of the same message',
      [start(), start(), open(0, textBlock), text(0, 'hello'), stop(0), end(), bye],
    ],
    [
      'pings and unknown events',
      [
        { type: 'ping' },
        start(),
        { type: 'new' },
        open(0, textBlock),
        delta(0, { type: 'new' }),
        text(0, 'hello'),
        stop(0),
        end(),
        bye,
      ],
    ],
    [
      'a text inside its start',
      [start(), open(0, { type: 'text', text: 'hel' }), text(0, 'lo'), stop(0), end(), bye],
    ],
    [
      'no usage anywhere',
      [
        { type: 'message_start', message: { id: 'm' } },
        open(0, textBlock),
        text(0, 'hello'),
        stop(0),
        { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
        bye,
      ],
    ],
    [
      'no message_stop after the stop reason',
      [start(), open(0, textBlock), text(0, 'hello'), stop(0), end()],
    ],
    [
      'more after message_stop',
      [start(), open(0, textBlock), text(0, 'hello'), stop(0), end(), bye, text(0, '!'), bye],
    ],
  ])('%s', (_name, events) => {
    expect(contentOf(...events)).toEqual(hello);
    expect(foldEvents(decode(...events)).choices[0]?.finishReason).toBe('stop');
  });

  it('row 73: missing event lines', () => {
    const events = [start(), open(0, textBlock), text(0, 'hello'), stop(0), end(), bye];
    const wire = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    expect(
      foldEvents(decodeStream(anthropicMessages, `${wire}data: [DONE]\n\n`)).choices[0]?.content,
    ).toEqual(hello);
  });

  it('blocks that interleave', () => {
    const events = [
      start(),
      open(0, toolBlock('a')),
      open(1, toolBlock('b')),
      json(0, '{"x":'),
      json(1, '{}'),
      json(0, '1}'),
      stop(1),
      stop(0),
      end('tool_use'),
      bye,
    ];
    expect(contentOf(...events)).toMatchObject([
      { id: 'a', arguments: '{"x":1}' },
      { id: 'b', arguments: '{}' },
    ]);
  });

  it('a block started again before its stop', () => {
    const events = [
      start(),
      open(0, textBlock),
      text(0, 'one'),
      open(0, textBlock),
      text(0, 'two'),
      end(),
      bye,
    ];
    expect(contentOf(...events)).toMatchObject([{ text: 'one' }, { text: 'two' }]);
  });
});

describe('a Messages stream that fails', () => {
  const failureOf = (...events: JsonObject[]) => {
    const last = decode(...events).at(-1);
    return last?.type === 'error' ? last.failure : undefined;
  };

  it('statement 21: an error event is an error, and nothing after it counts', () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    expect(failureOf(start(), open(0, textBlock), text(0, 'he'), error, text(0, 'llo'), end(), bye)).toEqual({
      kind: 'unavailable',
      message: 'Overloaded',
      vendorType: 'overloaded_error',
    });
  });

  it.each<[string, JsonObject[]]>([
    ['nothing', []],
    ['the start', [start()]],
    ['half a text', [start(), open(0, textBlock), text(0, 'he')]],
    [
      'a message_delta without a stop reason',
      [start(), { type: 'message_delta', delta: {}, usage: { output_tokens: 3 } }],
    ],
  ])('row 68: a stream cut after %s ends in an error event', (_name, events) => {
    expect(failureOf(...events)).toMatchObject({ kind: 'upstream' });
  });

  it('a second message spliced into the first is an error, because its thinking could never be replayed', () => {
    const second = start({ input_tokens: 1 }, { id: 'msg_2' });
    expect(
      failureOf(start(), open(0, toolBlock('a')), json(0, '{"x'), second, end('tool_use'), bye),
    ).toMatchObject({ vendorType: 'splice' });
  });

  it('an unreadable event is an error, never a lost piece', () => {
    const wire = `${messagesWire([start()])}data: {"type":"content_block\n\n${messagesWire([end(), bye])}`;
    expect(decodeStream(anthropicMessages, wire).at(-1)).toMatchObject({ type: 'error' });
  });

  it('an error without a type line is an error too', () => {
    expect(failureOf(start(), { type: 'x' }, { error: { message: 'broken' } } as JsonObject)).toMatchObject({
      message: 'broken',
    });
  });
});
