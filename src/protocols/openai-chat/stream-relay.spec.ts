import {
  choicesChunk,
  chunk,
  finishChunk,
  openWire,
  toolChunk,
  usageChunk,
  wire,
} from '../../../test/support/builders/chat-stream.builder.js';
import { relayStream, testIdentity } from '../../../test/support/protocol-laws.js';
import { chatChunks, chatStreamFaults } from '../../../test/support/stream-order.js';
import type { JsonObject } from '../../core/json.js';
import { openaiChat } from './index.js';

const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };

const relay = (text: string, identity = testIdentity()) => {
  const relayed = relayStream(openaiChat, text, identity);
  return { ...relayed, chunks: chatChunks(relayed.text), faults: chatStreamFaults(relayed.text) };
};

const deltas = (chunks: readonly JsonObject[]) =>
  chunks
    .filter((each) => each['type'] === 'content')
    .flatMap((each) => (each['choices'] as { delta: JsonObject }[]).map((choice) => choice.delta));

describe('ChatStreamRelay', () => {
  it("row 76: forwards the upstream's own bytes, only identity, type and usage changed", () => {
    const second =
      '{"id":"u","vendor":{"x": 1.50},"created":7,"model":"up","object":"chat.completion.chunk",' +
      '"choices":[{"index":0,"delta":{"content":"h\\u0069","odd":true},"finish_reason":null}],"usage":null}';
    const { text } = relay(
      `${openWire(chunk({ role: 'assistant', content: '' }))}data: ${second}\n\n${wire(finishChunk('stop'))}`,
    );
    expect(text.split('\n\n')[1]).toBe(
      'data: {"type":"content","id":"gen-1700000000-abc1234","vendor":{"x": 1.50},"created":1700000000,' +
        '"model":"vendor/model-1","object":"chat.completion.chunk",' +
        '"choices":[{"index":0,"delta":{"content":"h\\u0069","odd":true},"finish_reason":null}]}',
    );
  });

  it('row 67: gathers usage from wherever it is and sends it once, priced, before the terminator', () => {
    const identity = testIdentity({ profile: 'standard', costOf: () => '0.000100000', warnings: ['w'] });
    const streams = [
      [finishChunk('stop'), usageChunk(usage)],
      [finishChunk('stop', {}, { usage })],
      [choicesChunk([{ index: 0, delta: {}, finish_reason: 'stop', usage }])],
      [finishChunk('stop', {}, { x_groq: { usage }, usage }), usageChunk(usage)],
    ];
    for (const last of streams) {
      const { chunks, faults, text } = relay(
        wire(chunk({ role: 'assistant', content: 'a' }), ...last),
        identity,
      );
      expect(faults).toEqual([]);
      expect(chunks.at(-1)).toMatchObject({ type: 'usage', usage: { ...usage, cost: 0.0001 }, warning: 'w' });
      expect(text.match(/prompt_tokens/g)).toHaveLength(1);
    }
  });

  it("never shows the upstream's own price", () => {
    const { text } = relay(
      wire(
        chunk({ content: 'a' }),
        finishChunk('stop', {}, { usage: { ...usage, cost: 7, cost_in_usd_ticks: 8 } }),
      ),
    );
    expect(text).not.toMatch(/"cost/);
  });

  it('splits a finish that carries content', () => {
    const { chunks, faults } = relay(
      wire(chunk({ role: 'assistant', content: 'a' }), finishChunk('length', { content: 'b' })),
    );
    expect(faults).toEqual([]);
    expect(deltas(chunks)).toEqual([{ role: 'assistant', content: 'a' }, { content: 'b' }]);
    expect(chunks[2]).toMatchObject({ type: 'finish', choices: [{ delta: {}, finish_reason: 'length' }] });
  });

  it('shows the logprobs of a finish that carries content once', () => {
    const logprobs = (token: string) => ({ content: [{ token, logprob: -0.1 }], refusal: null });
    const last = { index: 0, delta: { content: 'b' }, logprobs: logprobs('b'), finish_reason: 'stop' };
    const bare = { index: 0, delta: {}, logprobs: logprobs('b'), finish_reason: 'stop' };
    const first = choicesChunk([
      { index: 0, delta: { role: 'assistant', content: 'a' }, logprobs: logprobs('a'), finish_reason: null },
    ]);
    for (const end of [last, bare]) {
      const { chunks } = relay(wire(first, choicesChunk([end])));
      const tokens = chunks.flatMap(({ choices }) =>
        (choices as { logprobs?: { content: { token: string }[] } }[]).flatMap(
          (choice) => choice.logprobs?.content.map(({ token }) => token) ?? [],
        ),
      );
      expect(tokens).toEqual(['a', 'b']);
    }
  });

  it('tells a caller of the older functions that a function_call ended the answer', () => {
    const called = (more: object): JsonObject => chunk({ function_call: { ...more } });
    const upstream = wire(
      called({ name: 'f', arguments: '' }),
      called({ arguments: '{"a":1}' }),
      finishChunk('function_call'),
    );
    const { chunks } = relay(upstream, testIdentity({ legacyFunctions: true }));
    expect(chunks).toContainEqual(
      expect.objectContaining({ choices: [{ index: 0, delta: {}, finish_reason: 'function_call' }] }),
    );
    expect(relay(upstream).text).toContain('"finish_reason":"tool_calls"');
  });

  it('repairs what the strictest client refuses: role, tool index and type, content lists, a missing object', () => {
    const bare = { id: 'a', function: { name: 'f', arguments: '{}' } };
    const list = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
      { type: 'text', text: 'ok' },
    ];
    const { chunks, faults } = relay(
      wire(
        chunk({ content: list }),
        chunk({ content: 'x' }, { object: '' }),
        toolChunk(bare),
        finishChunk('tool_calls'),
      ),
    );
    expect(faults).toEqual([]);
    expect(deltas(chunks)).toEqual([
      { role: 'assistant', content: 'ok', reasoning: 'hm' },
      { content: 'x' },
      { tool_calls: [{ ...bare, index: 0, type: 'function' }] },
    ]);
  });

  it('sends one finish for each choice and nothing after it', () => {
    const both = [
      { index: 0, delta: { role: 'assistant', content: 'a' } },
      { index: 1, delta: { role: 'assistant', content: 'b' }, finish_reason: 'stop' },
    ];
    const { faults, chunks } = relay(
      wire(
        choicesChunk(both),
        chunk({ content: 'still' }),
        finishChunk('length'),
        finishChunk('stop', { content: 'late' }),
        chunk({ content: 'later' }),
      ),
    );
    expect(faults).toEqual([]);
    expect(JSON.stringify(chunks)).toContain('still');
    expect(JSON.stringify(chunks)).not.toContain('late');
  });

  it('does not send the whole message again that MiniMax repeats at the end', () => {
    const whole = { index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' };
    const repeated = relay(wire(chunk({ role: 'assistant', content: 'Hi' }), choicesChunk([whole])));
    expect(repeated.faults).toEqual([]);
    expect(deltas(repeated.chunks)).toEqual([{ role: 'assistant', content: 'Hi' }]);
    expect(deltas(relay(wire(choicesChunk([whole]))).chunks)).toEqual([{ role: 'assistant', content: 'Hi' }]);
  });

  it('gives a stream without reason or role what clients need', () => {
    expect(relay(wire(chunk({ role: 'assistant', content: 'a' }))).faults).toEqual([]);
    expect(relay(wire(finishChunk('stop'))).faults).toEqual([]);
  });

  it('lets chunks beside the answer pass', () => {
    const search = {
      ...choicesChunk([]),
      type: 'search_done',
      search_results: [{ query: 'q', results: [] }],
    };
    const { chunks, faults } = relay(
      wire(search, chunk({ role: 'assistant', content: 'a' }), finishChunk('stop')),
    );
    expect(faults).toEqual([]);
    expect(chunks[0]).toMatchObject({
      type: 'search_done',
      id: 'gen-1700000000-abc1234',
      search_results: [{ query: 'q' }],
    });
  });

  it('row 70: shows nothing of an upstream failure and no terminator after it; the events carry it', () => {
    const hello = openWire(chunk({ role: 'assistant', content: 'a' }));
    for (const end of [
      'data: {"error":{"message":"key sk-123 is bad"}}\n\n',
      '',
      'data: {"cut',
      'event: error\ndata: x\n\n',
      `${openWire(finishChunk('stop'))}data: {"error":"late"}\n\n`,
    ]) {
      const { text, events } = relay(hello + end);
      expect(text).not.toMatch(/DONE|sk-123|finish"/);
      expect(events.at(-1)?.type).toBe('error');
    }
  });
});
