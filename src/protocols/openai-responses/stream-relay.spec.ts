import { ReadableStream } from 'node:stream/web';
import { ResponseStream } from 'openai/lib/responses/ResponseStream';
import {
  callEvents,
  openWire,
  reasoningEvents,
  responseBody,
  textEvents,
  textItem,
  wire,
} from '../../../test/support/builders/responses.builder.js';
import {
  encodeStream,
  decodeStream,
  relayStream,
  testIdentity,
} from '../../../test/support/protocol-laws.js';
import { responsesEvents, responsesStreamFaults } from '../../../test/support/responses-order.js';
import { FaregateError } from '../../core/errors.js';
import { asObject, type JsonObject } from '../../core/json.js';
import { openaiResponses } from './index.js';

/** A good stream, whose events the defects below leave out or spoil. */
const good = responsesEvents(
  wire([
    ...textEvents(0, ['Hel', 'lo']),
    ...callEvents(1, { id: 'call_1', name: 'f', pieces: ['{"x":', '1}'] }),
  ]),
);
const without = (...types: string[]): JsonObject[] =>
  good.filter(({ type }) => !types.includes(String(type)));
const completed = (output: JsonObject[]): JsonObject[] => [
  ...good.slice(0, -1),
  { type: 'response.completed', response: responseBody(output) },
];
const bareText = (event: JsonObject): JsonObject =>
  JSON.parse(JSON.stringify(event).replaceAll(',"annotations":[]', '')) as JsonObject;

/** Defects of the table in the protocol notes, each of which breaks some client. */
const DEFECTS: [string, JsonObject[]][] = [
  ['no response.created', without('response.created', 'response.in_progress')],
  ['no output_item.added', without('response.output_item.added')],
  ['no content_part.added', without('response.content_part.added')],
  ['no arguments.delta', without('response.function_call_arguments.delta')],
  ['completed.output []', completed([])],
  ['output_text without annotations', good.map(bareText)],
  ['no sequence_number', good.map(({ sequence_number: _number, ...event }) => event)],
];

const helped = (text: string) =>
  ResponseStream.fromReadableStream(
    ReadableStream.from(responsesEvents(text).map((event) => `${JSON.stringify(event)}\n`)) as never,
  ).finalResponse();

describe('a stream with a defect', () => {
  it.each(DEFECTS)(
    'row 74: "%s" reaches the strictest client whole, verbatim and translated',
    async (_, events) => {
      const text = openWire(...events);
      const relayed = relayStream(openaiResponses, text).text;
      const encoded = encodeStream(openaiResponses, decodeStream(openaiResponses, text));
      expect(responsesStreamFaults(encoded)).toEqual([]);
      for (const wireText of [relayed, encoded]) {
        const answer = await helped(wireText);
        expect(answer.status).toBe('completed');
        expect(answer.output_text).toBe('Hello');
        expect(answer.output.find(({ type }) => type === 'function_call')).toMatchObject({
          arguments: '{"x":1}',
          call_id: 'call_1',
        });
      }
    },
  );

  it('is told whole also where no item was told as done', () => {
    const text = openWire(...without('response.output_item.done'));
    const encoded = encodeStream(openaiResponses, decodeStream(openaiResponses, text));
    expect(responsesStreamFaults(encoded)).toEqual([]);
  });

  it('keeps the first id of an item where every event has another', () => {
    let number = 0;
    const rotating = openWire(...good).replace(/"(item_id|id)":"(msg|fc)_\w+"/g, (_match, name: string) => {
      number += 1;
      return `"${name}":"capture-${number}"`;
    });
    expect(responsesStreamFaults(relayStream(openaiResponses, rotating).text)).toEqual([]);
  });

  it('ends where the upstream never ended it', () => {
    const open = relayStream(openaiResponses, openWire(...good.slice(0, -1)));
    expect(open.events.at(-1)?.type).toBe('error');
    expect(open.text).not.toContain('response.completed');
  });
});

describe('ResponsesRelay', () => {
  const relay = (events: JsonObject[], issuer?: string) => {
    const stream = openaiResponses.passthrough.stream(testIdentity({ issuer }), {});
    const texts = events.map((event) =>
      stream.push({ event: String(event['type']), data: JSON.stringify(event) }),
    );
    return { stream, text: texts.map(({ text }) => text).join('') };
  };

  it('holds back what opens a stream, so that an early failure keeps its status', () => {
    const { text } = relay(good.slice(0, 2));
    expect(text).toBe('');
  });

  it('row 70: ends a stream that has begun with response.failed under its own identity', () => {
    const { stream, text } = relay(good.slice(0, 6));
    const failed = stream.fail?.(new FaregateError('upstream', 'It broke.')) ?? '';
    const [first, ...rest] = responsesEvents(text + failed);
    expect(rest.at(-1)).toMatchObject({
      type: 'response.failed',
      response: {
        id: asObject(first?.['response'])?.['id'],
        status: 'failed',
        error: { message: 'It broke.' },
      },
    });
  });

  it('row 42: marks reasoning that another vendor than OpenAI encrypted', () => {
    const events = responsesEvents(wire([...reasoningEvents(0, ['why'], 'gAAA'), ...textEvents(1, ['Hi'])]));
    expect(relay(events, 'openai').text).toContain('"encrypted_content":"gAAA"');
    const { text } = relay(events, 'xai');
    expect(text).toContain('"encrypted_content":"xai:rs_1:gAAA"');
    expect(text).not.toContain('"encrypted_content":"gAAA"');
  });

  it('shows our price in place of the upstream’s', () => {
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3, cost: 9 };
    const events = [
      ...good.slice(0, -1),
      { type: 'response.completed', response: responseBody([textItem('Hello')], { usage }) },
    ];
    const stream = openaiResponses.passthrough.stream(
      testIdentity({ profile: 'standard', costOf: () => '0.5' }),
      {},
    );
    const texts = events.map((event) => stream.push({ data: JSON.stringify(event) }).text);
    const text = texts.join('') + stream.end().text;
    const last = responsesEvents(text).at(-1)?.['response'] as JsonObject;
    expect(last['usage']).toMatchObject({ cost: 0.5, total_tokens: 3 });
  });
});
