import { responseBody, textEvents, textItem } from '../../../test/support/builders/responses.builder.js';
import { testIdentity } from '../../../test/support/protocol-laws.js';
import type { JsonObject } from '../../core/json.js';
import type { CompletionEvent } from '../completion.js';
import { passthrough } from './passthrough.js';
import { decodeResponse } from './response.js';
import { ResponsesRelay } from './stream-relay.js';

const item = (id: string, type: string): JsonObject => ({
  id,
  type: 'web_search_call',
  status: 'completed',
  action: { type },
});
const ITEMS = [
  item('ws_1', 'search'),
  item('ws_2', 'open_page'),
  item('ws_3', 'search'),
  item('ws_4', 'find_in_page'),
];
const OUTPUT = [...ITEMS, textItem('Tea.', 'msg_4')];
/** A stream with these items, each told as done twice over, and this last event. */
const events = (response: JsonObject): JsonObject[] => [
  { type: 'response.created', response: responseBody([], { status: 'in_progress', usage: null }) },
  ...ITEMS.flatMap((one, output_index) => [
    {
      type: 'response.output_item.added',
      output_index,
      item: { id: one['id'] ?? '', type: 'web_search_call' },
    },
    { type: 'response.output_item.done', output_index, item: one },
    { type: 'response.output_item.done', output_index, item: one },
  ]),
  ...textEvents(4, ['Tea.']),
  { type: 'response.completed', response },
];
const identity = testIdentity({ profile: 'standard', costOf: ({ searches }) => `${searches ?? 0}` });
const relayed = (all: JsonObject[]): { events: CompletionEvent[]; text: string } => {
  const relay = new ResponsesRelay(identity);
  const chunks = [...all.map((event) => relay.push({ data: JSON.stringify(event) })), relay.end()];
  return {
    events: chunks.flatMap((chunk) => chunk.events),
    text: chunks.map(({ text }) => text).join(''),
  };
};
const searches = (all: CompletionEvent[]): unknown[] =>
  all.flatMap((event) => (event.type === 'usage' ? [event.usage.searches] : []));

describe('searches that the vendor ran', () => {
  it.each([
    ['repeats the items', responseBody(OUTPUT)],
    ['repeats none', responseBody([])],
    ['repeats the message alone', responseBody([textItem('Tea.', 'msg_4')])],
    ['reports no usage', responseBody(OUTPUT, { usage: null })],
  ])('are counted once in a stream whose last event %s, and from the moment they ended', (_, response) => {
    expect(searches(relayed(events(response)).events)).toEqual([1, 1, 2, 2, 2]);
  });

  it('are priced in the usage that the caller sees, which names no count that the vendor did not', () => {
    const { text } = relayed(events(responseBody([])));
    expect(text).toContain('"usage":{"cost":2,"input_tokens":18,');
    const whole = responseBody(OUTPUT);
    const { body, result } = passthrough.response(JSON.stringify(whole), identity, {});
    expect(result.usage).toMatchObject({ input: { noCache: 8 }, searches: 2 });
    expect(JSON.parse(body)).toEqual({
      ...whole,
      id: identity.id,
      created_at: identity.createdAt,
      model: identity.model,
      store: false,
      previous_response_id: null,
      usage: { ...(whole['usage'] as JsonObject), cost: 2 },
    });
    expect(decodeResponse(whole)).toMatchObject({ usage: { searches: 2 } });
  });
});
