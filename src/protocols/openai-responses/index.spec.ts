import {
  callEvents,
  callItem,
  openWire,
  reasoningEvents,
  reasoningItem,
  responseBody,
  textEvents,
  textItem,
  wire,
} from '../../../test/support/builders/responses.builder.js';
import {
  decodeStream,
  encodeStream,
  protocolLaws,
  relayStream,
} from '../../../test/support/protocol-laws.js';
import { responsesStreamFaults } from '../../../test/support/responses-order.js';
import { openaiResponses } from './index.js';

const tokens = { input: { noCache: 18 }, output: { total: 32 } };
const [firstStart, ...firstRest] = callEvents(2, { id: 'a', name: 'f', pieces: ['{"x"', ':1}'] });
const [secondStart, ...secondRest] = callEvents(3, { id: 'b', name: 'g', pieces: [] });

const STREAMS = [
  {
    name: 'reasoning, text, two interleaved calls, usage',
    wire: wire([
      ...reasoningEvents(0, ['hm ö€😀', 'then'], 'gAAA'),
      ...textEvents(1, ['Hel', 'lo']),
      firstStart,
      secondStart,
      ...firstRest,
      ...secondRest,
    ]),
  },
  { name: 'cut at the limit', wire: wire(textEvents(0, ['cut']), INCOMPLETE()) },
  {
    name: 'reasoning text of an open model, a search, a refusal',
    wire: wire([
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { id: 'rs_9', type: 'reasoning', summary: [] },
      },
      {
        type: 'response.reasoning_text.delta',
        item_id: 'rs_9',
        output_index: 0,
        content_index: 0,
        delta: 'plain',
      },
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: {
          id: 'rs_9',
          type: 'reasoning',
          summary: [],
          content: [{ type: 'reasoning_text', text: 'plain' }],
        },
      },
      {
        type: 'response.output_item.added',
        output_index: 1,
        item: { id: 'ws_1', type: 'web_search_call', status: 'in_progress' },
      },
      {
        type: 'response.output_item.done',
        output_index: 1,
        item: { id: 'ws_1', type: 'web_search_call', status: 'completed' },
      },
      ...refusalEvents(2, 'No.'),
    ]),
  },
];

function INCOMPLETE() {
  return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
}

function refusalEvents(output_index: number, text: string) {
  const at = { item_id: 'msg_r', output_index, content_index: 0 };
  const item = { id: 'msg_r', type: 'message', role: 'assistant', status: 'completed', content: [] };
  const part = { type: 'refusal', refusal: text };
  return [
    { type: 'response.output_item.added', output_index, item },
    { type: 'response.content_part.added', ...at, part: { type: 'refusal', refusal: '' } },
    { type: 'response.refusal.delta', ...at, delta: text },
    { type: 'response.refusal.done', ...at, refusal: text },
    { type: 'response.content_part.done', ...at, part },
    { type: 'response.output_item.done', output_index, item: { ...item, content: [part] } },
  ];
}

describe('openaiResponses', () => {
  protocolLaws(openaiResponses, {
    results: [
      {
        name: 'text',
        result: {
          choices: [{ content: [{ type: 'text', text: 'Hi' }], finishReason: 'stop' }],
          usage: tokens,
        },
      },
      {
        name: 'signed, foreign and redacted thinking, text and parallel calls',
        result: {
          choices: [
            {
              content: [
                { type: 'thinking', text: '', signature: { issuer: 'anthropic', value: 'c2ln' } },
                { type: 'thinking', text: 'own', signature: { issuer: 'openai', value: 'rs_7:gAAA' } },
                { type: 'redacted-thinking', data: 'cmVk', issuer: 'anthropic' },
                { type: 'text', text: 'Looking.' },
                { type: 'tool-call', id: 'a', name: 'f', arguments: '{"x": 1}' },
                {
                  type: 'tool-call',
                  id: 'functions.b:0',
                  name: 'g',
                  arguments: '{}',
                  signature: { issuer: 'google', value: 'Z28=' },
                },
              ],
              finishReason: 'tool-calls',
            },
          ],
          usage: {
            input: { noCache: 1, cacheRead: 2, cacheWrite5m: 3, cacheWrite1h: 4 },
            output: { total: 9, reasoning: 5 },
            searches: 2,
          },
        },
      },
      {
        name: 'a refusal, nothing reported',
        result: {
          choices: [{ content: [{ type: 'refusal', text: 'No.' }], finishReason: 'content-filter' }],
          usage: { input: {}, output: {} },
        },
      },
    ],
    responses: [
      {
        name: 'reasoning, text, call and an item of its own kind',
        body: responseBody([
          reasoningItem('why', 'gAAA'),
          { id: 'ws_1', type: 'web_search_call', status: 'completed' },
          textItem('Hi'),
          callItem('call_1', 'f', ''),
        ]),
      },
      {
        name: 'a cited text without annotations beside it, cut at the limit',
        body: responseBody(
          [
            {
              id: 'msg_1',
              type: 'message',
              role: 'assistant',
              content: [
                {
                  type: 'output_text',
                  text: 'a',
                  annotations: [{ type: 'url_citation', url: 'u', title: 't', start_index: 0, end_index: 1 }],
                },
                { type: 'output_text', text: 'b' },
              ],
            },
          ],
          INCOMPLETE(),
        ),
      },
    ],
    streams: STREAMS,
  });

  it.each(STREAMS)('row 74: writes every event of "$name" in order, verbatim and translated', ({ wire }) => {
    expect(responsesStreamFaults(relayStream(openaiResponses, wire).text)).toEqual([]);
    const events = decodeStream(openaiResponses, wire);
    expect(responsesStreamFaults(encodeStream(openaiResponses, events))).toEqual([]);
  });

  it('never ends a stream without its last event as a success', () => {
    expect(decodeStream(openaiResponses, openWire(...textEvents(0, ['a']))).at(-1)?.type).toBe('error');
  });
});
