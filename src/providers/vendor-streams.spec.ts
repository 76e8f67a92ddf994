import { ReadableStream } from 'node:stream/web';
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import { cutAt, testIdentity } from '../../test/support/protocol-laws.js';
import { chatChunks, chatStreamFaults } from '../../test/support/stream-order.js';
import type { VendorShape } from '../../test/support/vendor-shape.js';
import { VENDOR_SHAPES } from '../../test/support/vendor-shapes.js';
import { openRelay } from '../gateway/relay.js';
import { anthropicMessages } from '../protocols/anthropic-messages/index.js';
import { openaiChat } from '../protocols/openai-chat/index.js';
import type { Protocol } from '../protocols/protocol.js';
import { SseParser } from '../protocols/sse.js';
import { quirksOf } from './provider.js';
import { getAdapter } from './registry.js';

/** What a client of a protocol is sent for a vendor's stream, whatever the places at which it was cut. */
function seenBy(client: Protocol, { adapter, model, wire }: VendorShape, places: number[] = []): string {
  const quirks = quirksOf(getAdapter(adapter), model);
  const relay = openRelay({ client, upstream: openaiChat, identity: testIdentity(), quirks });
  const parser = new SseParser();
  let text = '';
  const push = (frames: ReturnType<SseParser['push']>): void => {
    for (const frame of frames) {
      const { events, text: sent } = relay.push(frame);
      expect(events.filter(({ type }) => type === 'error')).toEqual([]);
      text += sent;
    }
  };
  for (const bytes of cutAt(Buffer.from(wire), places)) push(parser.push(bytes));
  push(parser.end());
  return text + relay.end().text;
}

const isId = (id: string | RegExp): unknown => (typeof id === 'string' ? id : expect.stringMatching(id));

describe('a Chat client', () => {
  it.each(VENDOR_SHAPES)('$name', async (shape) => {
    const { text = '', thinking, calls, finish, usage = [30, 0, 12] } = shape.says;
    const wire = seenBy(openaiChat, shape);
    expect(chatStreamFaults(wire)).toEqual([]);
    const chunks = chatChunks(wire);
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set([testIdentity().id]));
    const lines = ReadableStream.from(chunks.map((chunk) => `${JSON.stringify(chunk)}\n`));
    const answer = await ChatCompletionStream.fromReadableStream(lines as never).finalChatCompletion();
    const [choice] = answer.choices;
    expect(choice?.message.content ?? '').toBe(text);
    expect(choice?.finish_reason).toBe(finish);
    const reasoning = chunks
      .flatMap(({ choices }) => choices as { delta: Record<string, unknown> }[])
      .map(({ delta }) => delta['reasoning'] ?? delta['reasoning_content'] ?? detailText(delta) ?? '')
      .join('');
    expect(reasoning).toBe(thinking ?? '');
    expect(choice?.message.tool_calls ?? []).toEqual(
      (calls ?? []).map(({ id, name, input }) => ({
        id: isId(id),
        type: 'function',
        function: expect.objectContaining({ name, arguments: JSON.stringify(input) }) as unknown,
      })),
    );
    const { usage: counted } = answer;
    expect([
      counted?.prompt_tokens,
      counted?.prompt_tokens_details?.cached_tokens ?? 0,
      counted?.completion_tokens,
    ]).toEqual(usage);
  });
});

/** MiniMax and OpenRouter say reasoning as details alone. */
const detailText = (delta: Record<string, unknown>): string | undefined =>
  (delta['reasoning_details'] as { text?: string }[] | undefined)?.map((item) => item.text ?? '').join('');

const STOP_REASONS = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
};

describe('a Messages client', () => {
  it.each(VENDOR_SHAPES)('$name', async (shape) => {
    const { text, thinking, calls, finish, usage = [30, 0, 12] } = shape.says;
    const wire = seenBy(anthropicMessages, shape);
    const events = wire.split('\n\n').flatMap((frame) => /^data: (.*)$/m.exec(frame)?.[1] ?? []);
    const lines = ReadableStream.from(events.map((event) => `${event}\n`));
    const message = await MessageStream.fromReadableStream(lines as never).finalMessage();
    expect(message.content.map((block) => block.type)).toEqual([
      ...(thinking === undefined ? [] : ['thinking']),
      ...(text === undefined ? [] : ['text']),
      ...(calls ?? []).map(() => 'tool_use'),
    ]);
    for (const block of message.content) {
      if (block.type === 'thinking') expect(block.thinking).toBe(thinking);
      if (block.type === 'text') expect(block.text).toBe(text);
    }
    expect(message.content.filter((block) => block.type === 'tool_use')).toEqual(
      (calls ?? []).map(
        ({ id, name, input }) => expect.objectContaining({ id: isId(id), name, input }) as unknown,
      ),
    );
    expect(message.stop_reason).toBe(STOP_REASONS[finish]);
    const {
      input_tokens: fresh,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: written,
    } = message.usage;
    expect([fresh + (read ?? 0) + (written ?? 0), read ?? 0, message.usage.output_tokens]).toEqual(usage);
  });
});

it.each(VENDOR_SHAPES)('cut anywhere, the same is sent: $name', (shape) => {
  for (const client of [openaiChat, anthropicMessages]) {
    const whole = seenBy(client, shape);
    for (const size of [1, 3, 17]) {
      const places = Array.from({ length: Math.ceil(shape.wire.length / size) }, (_, at) => at * size);
      expect(seenBy(client, shape, places)).toBe(whole);
    }
  }
});
