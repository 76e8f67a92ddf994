import fc from 'fast-check';
import { chunk, finishChunk, toolChunk, wire } from '../../test/support/builders/chat-stream.builder.js';
import { foldEvents } from '../../test/support/event-fold.js';
import { messagesFrames, messagesStreamFaults } from '../../test/support/messages-stream.js';
import { decodeStream, encodeStream, testIdentity } from '../../test/support/protocol-laws.js';
import { chatChunks, chatStreamFaults } from '../../test/support/stream-order.js';
import { isObject, tryParseJson, type JsonObject } from '../core/json.js';
import { anthropicMessages } from './anthropic-messages/index.js';
import type { CompletionEvent, ContentPart } from './completion.js';
import { openaiChat } from './openai-chat/index.js';

/** One piece of a Chat stream: text, reasoning, or more of the arguments of one of several calls. */
type Piece = { kind: 'text' | 'reasoning'; text: string } | { kind: 'call'; call: number; size: number };

const ARGUMENTS = [
  '{"city":"Lima"}',
  '{"a":[1,2,{"b":"}"}]}',
  '{"text":"one \\"two\\" {three"}',
  '{}',
  '{"deep":{"er":{"est":null}}}',
];

const piece: fc.Arbitrary<Piece> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('text' as const, 'reasoning' as const),
    text: fc.string({ minLength: 1 }),
  }),
  fc.record({
    kind: fc.constant('call' as const),
    call: fc.nat({ max: ARGUMENTS.length - 1 }),
    size: fc.integer({ min: 1, max: 9 }),
  }),
);

/** The chunks of a stream in which the pieces come in any order, every call begun and ended. */
function chunksOf(pieces: readonly Piece[]): { chunks: JsonObject[]; order: number[] } {
  const rest = [...ARGUMENTS];
  const order: number[] = [];
  const chunks: JsonObject[] = [chunk({ role: 'assistant', content: '' })];
  const more = (call: number, size: number): void => {
    const text = rest[call]?.slice(0, size) ?? '';
    rest[call] = rest[call]?.slice(size) ?? '';
    const isNew = !order.includes(call);
    if (isNew) order.push(call);
    const start = isNew ? { id: `functions.f${call}:${call}`, type: 'function' } : {};
    const named = { ...(isNew ? { name: `f${call}` } : {}), arguments: text };
    chunks.push(toolChunk({ index: call, ...start, function: named }));
  };
  for (const next of pieces) {
    if (next.kind === 'call') more(next.call, next.size);
    else chunks.push(chunk({ [next.kind === 'text' ? 'content' : 'reasoning']: next.text }));
  }
  for (const call of order) if (rest[call] !== '') more(call, 99);
  chunks.push(finishChunk(order.length > 0 ? 'tool_calls' : 'stop'));
  return { chunks, order };
}

const identity = testIdentity({ id: 'msg_01abcdefgh', profile: 'standard' });

describe('a Chat stream for a client of Messages', () => {
  it('row 59: calls interleaved in any way become blocks one after the other, complete and in the order they began', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const { chunks, order } = chunksOf(pieces);
        const sent = encodeStream(anthropicMessages, decodeStream(openaiChat, wire(...chunks)), identity);
        expect(messagesStreamFaults(sent)).toEqual([]);
        const { choices } = foldEvents(decodeStream(anthropicMessages, sent));
        const content = choices[0]?.content ?? [];
        const calls = content.filter((part) => part.type === 'tool-call');
        expect(calls.map(({ id, name, arguments: text }) => [id, name, tryParseJson(text)])).toEqual(
          order.map((call) => [
            `functions.f${call}:${call}`,
            `f${call}`,
            tryParseJson(ARGUMENTS[call] ?? ''),
          ]),
        );
        const said = (kind: 'text' | 'thinking') =>
          content.map((part) => (part.type === kind ? part.text : '')).join('');
        const given = (kind: Piece['kind']) =>
          pieces.map((next) => (next.kind === kind && 'text' in next ? next.text : '')).join('');
        expect([said('text'), said('thinking')]).toEqual([given('text'), given('reasoning')]);
      }),
      { numRuns: 150 },
    );
  });

  it('row 64: usage stands whole in message_delta, and message_start has the estimate with output 0', () => {
    const usage = {
      prompt_tokens: 30,
      completion_tokens: 9,
      prompt_tokens_details: { cached_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 4 },
    };
    const text = wire(chunk({ role: 'assistant', content: 'hi' }), finishChunk('stop'), {
      choices: [],
      usage,
    });
    const sent = encodeStream(anthropicMessages, decodeStream(openaiChat, text), {
      ...identity,
      inputEstimate: 25,
    });
    const frames = messagesFrames(sent).map(({ data }) => data);
    expect(frames[0]).toMatchObject({ message: { usage: { input_tokens: 25, output_tokens: 0 } } });
    expect(frames.at(-2)).toMatchObject({
      usage: {
        input_tokens: 10,
        cache_read_input_tokens: 20,
        output_tokens: 9,
        output_tokens_details: { thinking_tokens: 4 },
      },
    });
  });

  it('row 70: an answer that the vendor broke off ends in an error event, never in message_stop', () => {
    const text = wire(chunk({ role: 'assistant', content: 'half' }), finishChunk('network_error'));
    const sent = encodeStream(anthropicMessages, decodeStream(openaiChat, text), identity);
    const types = messagesFrames(sent).map(({ event }) => event);
    expect(types.at(-1)).toBe('error');
    expect(types).not.toContain('message_stop');
    expect(types).not.toContain('message_delta');
  });
});

const message = (content: JsonObject[], stopReason = 'end_turn'): JsonObject => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content,
  stop_reason: stopReason,
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
});
const use = (id: string, name: string): JsonObject => ({ type: 'tool_use', id, name, input: { n: 1 } });

describe('a Messages answer for a client of Chat', () => {
  const asChat = (body: JsonObject, changes = {}) =>
    openaiChat.encodeResponse(anthropicMessages.decodeResponse(body), testIdentity(changes)) as {
      choices: { finish_reason: string; message: JsonObject }[];
    };

  it('row 58: text between calls is joined, and the calls keep their order', () => {
    const { choices } = asChat(
      message(
        [{ type: 'text', text: 'a' }, use('toolu_1', 'f'), { type: 'text', text: 'b' }, use('toolu_2', 'g')],
        'tool_use',
      ),
    );
    expect(choices[0]?.message).toMatchObject({
      content: 'ab',
      tool_calls: [
        { id: 'toolu_1', function: { name: 'f', arguments: '{"n":1}' } },
        { id: 'toolu_2', function: { name: 'g' } },
      ],
    });
    expect(choices[0]?.finish_reason).toBe('tool_calls');
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
    ['compaction', 'stop'],
  ])('rows 53 and 57: %s is %s', (stopReason, finishReason) => {
    expect(asChat(message([{ type: 'text', text: 'x' }], stopReason)).choices[0]?.finish_reason).toBe(
      finishReason,
    );
  });

  it('row 51: a caller of the older functions reads the call in function_call, whole and streamed', () => {
    const body = message([use('toolu_1', 'f')], 'tool_use');
    const { choices } = asChat(body, { legacyFunctions: true });
    expect(choices[0]).toMatchObject({
      finish_reason: 'function_call',
      message: { content: null, function_call: { name: 'f', arguments: '{"n":1}' } },
    });
    expect(choices[0]?.message).not.toHaveProperty('tool_calls');
    const events = decodeStream(
      openaiChat,
      wire(
        toolChunk({ index: 0, id: 'c', function: { name: 'f', arguments: '{"n"' } }),
        toolChunk({ index: 0, function: { arguments: ':1}' } }),
        finishChunk('tool_calls'),
      ),
    );
    const sent = encodeStream(openaiChat, events, testIdentity({ legacyFunctions: true }));
    expect(chatStreamFaults(sent)).toEqual([]);
    expect(sent).not.toContain('tool_calls');
    const calls = chatChunks(sent).flatMap(({ choices }) => {
      const [choice] = choices as { delta: { function_call?: { name?: string; arguments: string } } }[];
      return choice?.delta.function_call ?? [];
    });
    expect(calls.map(({ name }) => name ?? '').join('')).toBe('f');
    expect(calls.map((call) => call.arguments).join('')).toBe('{"n":1}');
    expect(sent).toContain('"finish_reason":"function_call"');
  });
});

describe('signatures on their way through a client', () => {
  const replay = (content: JsonObject[]): JsonObject => ({
    model: 'm',
    max_tokens: 10,
    messages: [
      { role: 'user', content: 'go' },
      { role: 'assistant', content },
    ],
  });
  const google = { issuer: 'google', value: 'c2ln' };

  it('row 41: a signature behind the last text is left out for a client of Messages, one before more is not', () => {
    const sealed = (after: CompletionEvent[]): CompletionEvent[] => [
      { type: 'text-start', block: 0 },
      { type: 'text-delta', block: 0, text: 'Yes.' },
      { type: 'text-end', block: 0 },
      { type: 'thinking-start', block: 1 },
      { type: 'thinking-signature', block: 1, signature: google },
      { type: 'thinking-end', block: 1 },
      ...after,
      { type: 'finish', reason: 'stop' },
    ];
    const more: CompletionEvent[] = [
      { type: 'text-start', block: 2 },
      { type: 'text-delta', block: 2, text: 'No.' },
      { type: 'text-end', block: 2 },
    ];
    const said = { type: 'text' as const, text: 'Yes.' };
    const seal = { type: 'thinking' as const, text: '', signature: google };
    const wholeOf = (content: ContentPart[]): JsonObject =>
      anthropicMessages.encodeResponse(
        { choices: [{ content, finishReason: 'stop' }], usage: { input: {}, output: {} } },
        identity,
      );
    const typesIn = (streamed: string): unknown[] => {
      expect(messagesStreamFaults(streamed)).toEqual([]);
      const blocks = messagesFrames(streamed).map(({ data }) => data['content_block']);
      return blocks.filter(isObject).map(({ type }) => type);
    };
    expect(typesIn(encodeStream(anthropicMessages, sealed([]), identity))).toEqual(['text']);
    expect(wholeOf([said, seal])['content']).toEqual([{ type: 'text', text: 'Yes.' }]);
    const kept = ['text', 'thinking', 'text'];
    expect(typesIn(encodeStream(anthropicMessages, sealed(more), identity))).toEqual(kept);
    expect((wholeOf([said, seal, said])['content'] as JsonObject[]).map(({ type }) => type)).toEqual(kept);
  });

  it('rows 40 and 41: the signature on a call comes back through a client of Messages, whole and streamed', () => {
    const call = { type: 'tool-call' as const, id: 'fc:1', name: 'f', arguments: '{}', signature: google };
    const whole = anthropicMessages.encodeResponse(
      { choices: [{ content: [call], finishReason: 'tool-calls' }], usage: { input: {}, output: {} } },
      identity,
    );
    const streamed = encodeStream(
      anthropicMessages,
      [
        { type: 'tool-start', block: 0, id: 'fc:1', name: 'f', signature: google },
        { type: 'tool-delta', block: 0, text: '{}' },
        { type: 'tool-end', block: 0 },
        { type: 'finish', reason: 'tool-calls' },
      ],
      identity,
    );
    expect(messagesStreamFaults(streamed)).toEqual([]);
    const blocks = messagesFrames(streamed)
      .map(({ data }) => data['content_block'])
      .filter(isObject);
    const signed = { type: 'thinking', thinking: '', signature: 'google:c2ln' };
    for (const content of [whole['content'] as JsonObject[], [signed, ...blocks.slice(1)]]) {
      const { messages } = anthropicMessages.decodeRequest(replay(content), 'standard');
      const request = { model: 'm', messages, stream: false, routing: {}, warnings: [] };
      const { body } = openaiChat.encodeRequest(request, {
        upstreamModel: 'g',
        quirks: {},
        issuer: 'google',
      });
      expect((body['messages'] as JsonObject[])[1]?.['tool_calls']).toEqual([
        {
          id: 'fc:1',
          type: 'function',
          function: { name: 'f', arguments: '{}' },
          extra_content: { google: { thought_signature: 'c2ln' } },
        },
      ]);
    }
  });

  it('row 40: thinking of a vendor without a format of its own keeps its issuer through a client of Chat', () => {
    const signature = { issuer: 'moonshot', value: 'c2ln' };
    const content = [
      { type: 'thinking' as const, text: 'hm', signature },
      { type: 'redacted-thinking' as const, data: 'ZGF0YQ==', issuer: 'minimax' },
    ];
    const body = openaiChat.encodeResponse(
      { choices: [{ content, finishReason: 'stop' }], usage: { input: {}, output: {} } },
      identity,
    ) as { choices: { message: JsonObject }[] };
    const message = body.choices[0]?.message ?? {};
    const [turn] = openaiChat.decodeRequest({ model: 'm', messages: [message] }, 'standard').messages;
    expect(turn?.content).toEqual(content);
  });
});
