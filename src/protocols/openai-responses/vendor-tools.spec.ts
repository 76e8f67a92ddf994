import { testIdentity } from '../../../test/support/protocol-laws.js';
import { asObject, isObject, type JsonObject } from '../../core/json.js';
import { anthropicMessages } from '../anthropic-messages/index.js';
import type { CompletionEvent } from '../completion.js';
import { googleGemini } from '../google-gemini/index.js';
import { openaiChat } from '../openai-chat/index.js';
import type { Protocol, StreamRelay } from '../protocol.js';
import { decodeResponse } from './response.js';
import { ResponsesDecoder } from './stream-decode.js';
import { ResponsesRelay } from './stream-relay.js';

const IN_FULL = { input: '{"query":"faregate"}', status: 'completed' };
const call = (more: JsonObject = {}): JsonObject => ({
  type: 'custom_tool_call',
  id: 'ctc_1',
  call_id: 'xs_1',
  name: 'x_keyword_search',
  ...more,
});
const CITED = { type: 'url_citation', url: 'https://x.ai' };
const response = (tools: JsonObject[], output: JsonObject[] = []): JsonObject => ({
  id: 'resp_1',
  object: 'response',
  model: 'grok',
  status: 'completed',
  tools,
  output,
});
const message = (annotations: JsonObject[]): JsonObject => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'Found it.', annotations }],
});

/** The events of an answer that searches on X and cites a page. */
const events = (tools: JsonObject[]): JsonObject[] => [
  { type: 'response.created', response: { ...response(tools), status: 'in_progress' } },
  { type: 'response.output_item.added', output_index: 0, item: call({ input: '', status: 'in_progress' }) },
  { type: 'response.custom_tool_call_input.delta', output_index: 0, item_id: 'ctc_1', delta: IN_FULL.input },
  { type: 'response.custom_tool_call_input.done', output_index: 0, item_id: 'ctc_1', input: IN_FULL.input },
  { type: 'response.output_item.done', output_index: 0, item: call(IN_FULL) },
  { type: 'response.output_item.added', output_index: 1, item: { ...message([]), content: [] } },
  {
    type: 'response.output_text.delta',
    output_index: 1,
    item_id: 'msg_1',
    content_index: 0,
    delta: 'Found it.',
  },
  {
    type: 'response.output_text.annotation.added',
    output_index: 1,
    item_id: 'msg_1',
    content_index: 0,
    annotation_index: 0,
    annotation: CITED,
  },
  { type: 'response.output_item.done', output_index: 1, item: message([CITED]) },
  { type: 'response.completed', response: response(tools, [call(IN_FULL), message([CITED])]) },
];
const X_SEARCH = [{ type: 'x_search' }];
const CUSTOM = [{ type: 'custom', name: 'x_keyword_search' }];

const decode = (tools: JsonObject[]): CompletionEvent[] => {
  const decoder = new ResponsesDecoder('xai');
  return events(tools).flatMap((event) => decoder.push({ data: JSON.stringify(event) }));
};
const relayed = (relay: StreamRelay, tools: JsonObject[]): JsonObject[] =>
  [...events(tools).map((event) => relay.push({ data: JSON.stringify(event) })), relay.end()]
    .map(({ text }) => text)
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as JsonObject);
/** What a client of a protocol is written of the stream. */
const written = ({ streamEncoder }: Protocol): string => {
  const encoder = streamEncoder(testIdentity());
  return (
    decode(X_SEARCH)
      .map((event) => encoder.push(event))
      .join('') + encoder.end()
  );
};
const types = (tools: JsonObject[]): string[] => decode(tools).map(({ type }) => type);

describe("calls of a vendor's own tools", () => {
  it('row 50: a custom call that no request declared is the vendor’s, and no reason to go on', () => {
    expect(types(X_SEARCH)).not.toContain('tool-start');
    expect(decode(X_SEARCH)).toContainEqual(expect.objectContaining({ type: 'finish', reason: 'stop' }));
    const whole = decodeResponse(response(X_SEARCH, [call(IN_FULL), message([CITED])]));
    expect(whole.choices[0]).toMatchObject({
      finishReason: 'stop',
      content: [{ type: 'opaque' }, { type: 'text' }],
    });
  });

  it('row 50: one that was declared stays the client’s', () => {
    expect(types(CUSTOM)).toContain('tool-start');
    const nested = [{ type: 'namespace', name: 'n', tools: CUSTOM }];
    expect(types(nested)).toContain('tool-start');
    const whole = decodeResponse(response(CUSTOM, [call(IN_FULL)]));
    expect(whole.choices[0]).toMatchObject({ finishReason: 'tool-calls' });
  });

  it('row 50: a client of Responses sees the search as an item of its own kind', () => {
    const told = relayed(new ResponsesRelay(testIdentity()), X_SEARCH);
    const items = told.flatMap(({ item }) => (isObject(item) ? [item] : []));
    const searches = items.filter(({ id }) => id === 'ctc_1');
    expect(searches).toHaveLength(2);
    for (const search of searches)
      expect(search).toMatchObject({ type: 'x_search_call', name: 'x_keyword_search' });
    expect(searches[1]).toMatchObject({ arguments: IN_FULL.input });
    expect(told.filter(({ type }) => String(type).includes('custom_tool_call'))).toEqual([]);
    expect(asObject(told.at(-1)?.['response'])?.['output']).toMatchObject([
      { type: 'x_search_call' },
      { type: 'message' },
    ]);
    const own = relayed(new ResponsesRelay(testIdentity()), CUSTOM);
    expect(own.filter(({ type }) => String(type).includes('custom_tool_call'))).toHaveLength(2);
  });

  it('row 50: a citation without title and place has them for every client that can be told', () => {
    const whole = { title: 'https://x.ai', start_index: 0, end_index: 9, url: 'https://x.ai' };
    const told = relayed(new ResponsesRelay(testIdentity()), X_SEARCH);
    const added = told.find(({ type }) => type === 'response.output_text.annotation.added');
    expect(added?.['annotation']).toEqual({ type: 'url_citation', ...whole });
    expect(JSON.stringify(told.at(-1))).toContain('"start_index":0');
    expect(decode(X_SEARCH)).toContainEqual(
      expect.objectContaining({ type: 'citation', citation: { type: 'url_citation', url_citation: whole } }),
    );
    expect(written(openaiChat)).toContain('"url":"https://x.ai"');
    expect(written(anthropicMessages)).toContain('"url":"https://x.ai"');
    expect(written(googleGemini)).toContain(
      '"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://x.ai","title":"https://x.ai"}}]}',
    );
    const result = decodeResponse(response(X_SEARCH, [message([CITED])]));
    expect(JSON.stringify(googleGemini.encodeResponse(result, testIdentity()))).toContain(
      '"uri":"https://x.ai"',
    );
  });
});
