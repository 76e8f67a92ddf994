import { asArray, asObject, isObject, type JsonObject } from '../../../src/core/json.js';
import { eventsOf, send, Statements } from '../../support/statements.js';
import { WEATHER_SCHEMA } from '../../support/samples.js';
import {
  ASK,
  CHAT,
  EVERYWHERE,
  loadPages,
  MESSAGES,
  RESPONSES,
  SEARCH_MODELS,
  searchCalls,
  toolNamesOf,
  type SearchCalls,
  type SearchRoute,
} from '../../support/search-world.js';

const [CHAT_MODEL, MESSAGES_MODEL, RESPONSES_MODEL] = SEARCH_MODELS.map(([, { id }]) => id) as [
  string,
  string,
  string,
];
const list = (value: unknown): JsonObject[] => asArray(value).filter(isObject);

let world: Statements;
let call: SearchCalls['call'];
let say: SearchCalls['say'];
let searchFor: SearchCalls['searchFor'];
beforeAll(async () => {
  world = await Statements.start(
    'octen',
    SEARCH_MODELS.map(([, model]) => model),
  );
  await loadPages(world.gateway.pool);
  ({ call, say, searchFor } = searchCalls(world));
});
afterAll(() => world.close());
beforeEach(() => world.begin());

describe('octen_search beside custom functions', () => {
  const custom = {
    chat: { type: 'function', function: { name: 'get_weather', parameters: WEATHER_SCHEMA } },
    messages: { name: 'get_weather', input_schema: WEATHER_SCHEMA },
    responses: { type: 'function', name: 'get_weather', parameters: WEATHER_SCHEMA },
  } as Record<string, JsonObject>;
  const both = (route: SearchRoute): JsonObject => ({
    tools: [custom[route.name] as JsonObject, route.tool],
  });
  const callOf = (json: JsonObject): unknown => {
    const chat = list(asObject(list(json['choices'])[0]?.['message'])?.['tool_calls'])[0];
    const block = list(json['content']).find(({ type }) => type === 'tool_use');
    const item = list(json['output']).find(({ type }) => type === 'function_call');
    return asObject(chat?.['function'])?.['name'] ?? block?.['name'] ?? item?.['name'];
  };

  it.each(EVERYWHERE)(
    'statement 55: a search, then a custom call, which ends the turn (%s)',
    async (_, route, model) => {
      searchFor('green tea');
      say({ name: 'get_weather', arguments: { city: 'Paris' } });
      const { json, text } = await call(route, model, both(route));
      expect(route.queriesOf(json)).toEqual(['green tea']);
      expect(callOf(json)).toBe('get_weather');
      expect(text).toMatch(/"finish_reason":"tool_calls"|"stop_reason":"tool_use"|"status":"completed"/);
      expect(world.calls).toBe(2);
    },
  );

  it.each(EVERYWHERE)(
    'statement 55: both in one turn: the search is run, the custom call is handed over (%s)',
    async (_, route, model) => {
      say(
        { name: 'octen_search', arguments: { query: 'green tea' } },
        { name: 'get_weather', arguments: { city: 'Paris' } },
      );
      const { json } = await call(route, model, both(route));
      expect([route.queriesOf(json), callOf(json), world.calls]).toEqual([['green tea'], 'get_weather', 1]);
      world.begin();
      say(
        { name: 'octen_search', arguments: { query: 'green tea' } },
        { name: 'get_weather', arguments: { city: 'Paris' } },
      );
      const streamed = await call(route, model, { ...both(route), stream: true });
      expect(streamed.text).toContain('https://tea.example/green');
      expect(streamed.text).toContain('get_weather');
      expect(streamed.text).not.toContain('"name":"octen_search","arguments"');
    },
  );

  it('gives the custom function alone when no search is left', async () => {
    searchFor('tea');
    const { json } = await call(CHAT, CHAT_MODEL, {
      tools: [custom['chat'] as JsonObject, { type: 'octen_search', parameters: { max_searches: 1 } }],
    });
    expect(json['search_results']).toHaveLength(1);
    expect(toolNamesOf(world.sent)).toEqual(['get_weather']);
  });
});

describe('octen_search on Messages', () => {
  it('statement 49: the declaration needs its name', async () => {
    const { status, json } = await call(MESSAGES, MESSAGES_MODEL, { tools: [{ type: 'octen_search' }] });
    expect([status, json['error']]).toEqual([
      400,
      expect.objectContaining({ message: expect.stringContaining('tools.0.name') as string }),
    ]);
  });

  it.each(SEARCH_MODELS)(
    'statement 56: server_tool_use, web_search_tool_result, then text with citations (over %s)',
    async (_, { id }) => {
      const { json } = await call(MESSAGES, id);
      const [use, result, text] = list(json['content']);
      expect(use).toEqual({
        type: 'server_tool_use',
        id: expect.stringMatching(/^srvtoolu_\w+$/) as string,
        name: 'octen_search',
        input: { query: 'green tea' },
      });
      expect(result).toMatchObject({ type: 'web_search_tool_result', tool_use_id: use?.['id'] });
      expect(list(result?.['content'])[0]).toMatchObject({
        type: 'web_search_result',
        title: 'Green tea',
        url: 'https://tea.example/green',
        highlights: expect.any(String) as string,
      });
      expect(text?.['citations']).toEqual([
        {
          type: 'web_search_result_location',
          url: 'https://tea.example/green',
          title: 'Green tea',
          cited_text: expect.stringContaining('Green tea') as string,
          encrypted_index: '',
        },
      ]);
      expect([json['stop_reason'], asObject(json['usage'])?.['server_tool_use']]).toEqual([
        'end_turn',
        { web_search_requests: 1 },
      ]);
    },
  );

  it.each(SEARCH_MODELS)(
    'statements 20 and 56: a stream has the blocks in order and counts searches in its last usage (over %s)',
    async (_, { id }) => {
      const events = eventsOf((await call(MESSAGES, id, { stream: true })).text);
      // Gemini signs its last text, which is said as a thinking block behind it.
      const blocks = events.filter(
        (event) =>
          event['type'] === 'content_block_start' &&
          asObject(event['content_block'])?.['type'] !== 'thinking',
      );
      expect(blocks.map((event) => [event['index'], asObject(event['content_block'])?.['type']])).toEqual([
        [0, 'server_tool_use'],
        [1, 'web_search_tool_result'],
        [2, 'text'],
      ]);
      expect(events.some(({ delta }) => asObject(delta)?.['type'] === 'citations_delta')).toBe(true);
      const last = events.findLast(({ type }) => type === 'message_delta');
      expect(last).toMatchObject({
        delta: { stop_reason: 'end_turn' },
        usage: { server_tool_use: { web_search_requests: 1 } },
      });
      const outputs = world.gateway.simulator.journal.map(({ answer }) => answer.modelUsage?.output ?? 0);
      expect(asObject(last?.['usage'])?.['output_tokens']).toBe(outputs.reduce((sum, one) => sum + one, 0));
      expect(events.at(-1)?.['type']).toBe('message_stop');
    },
  );

  it.each(SEARCH_MODELS)(
    'statement 56: a client that sends the blocks back is understood (over %s)',
    async (_, { id }) => {
      const first = await call(MESSAGES, id);
      const history = [
        { role: 'user', content: ASK },
        { role: 'assistant', content: first.json['content'] ?? [] },
        { role: 'user', content: 'Thank you' },
      ];
      const again = await call(MESSAGES, id, { messages: history });
      expect([again.status, world.calls]).toEqual([200, 3]);
      expect(JSON.stringify(world.sent)).toContain('Green tea is brewed at seventy degrees');
      expect(JSON.stringify(world.sent)).not.toContain('server_tool_use');
      const undeclared = await send(world.customer, MESSAGES.path, {
        model: id,
        max_tokens: 100,
        messages: history,
      } as JsonObject);
      expect(undeclared.status).toBe(200);
      expect(JSON.stringify(world.sent)).toContain('Green tea is brewed at seventy degrees');
    },
  );

  it('keeps thinking, with its signature, before the calls it led to', async () => {
    const thinking = { type: 'enabled', budget_tokens: 1_024 };
    const first = await call(MESSAGES, MESSAGES_MODEL, { thinking, max_tokens: 4_000 });
    expect(list(first.json['content']).map(({ type }) => type)).toEqual([
      'thinking',
      'server_tool_use',
      'web_search_tool_result',
      'thinking',
      'text',
    ]);
    const again = await call(MESSAGES, MESSAGES_MODEL, {
      thinking,
      max_tokens: 4_000,
      messages: [
        { role: 'user', content: ASK },
        { role: 'assistant', content: first.json['content'] ?? [] },
        { role: 'user', content: 'Thank you' },
      ],
    });
    expect(again.status).toBe(200);
  });
});

describe('octen_search on Responses', () => {
  it.each(SEARCH_MODELS)(
    'shows web_search_call items, then the message with annotations (over %s)',
    async (_, { id }) => {
      const { json } = await call(RESPONSES, id);
      const output = list(json['output']).filter(({ type }) => type !== 'reasoning');
      expect(output.map(({ type }) => type)).toEqual(['web_search_call', 'message']);
      expect(output[0]).toMatchObject({
        id: expect.stringMatching(/^ws_/) as string,
        status: 'completed',
        action: {
          type: 'search',
          query: 'green tea',
          sources: expect.arrayContaining([{ type: 'url', url: 'https://tea.example/green' }]) as unknown[],
        },
      });
      const [part] = list(output[1]?.['content']);
      expect(list(part?.['annotations'])[0]).toMatchObject({
        type: 'url_citation',
        url: 'https://tea.example/green',
      });
      const { text } = await call(RESPONSES, id, { stream: true });
      expect(text).toContain('"type":"web_search_call"');
      expect(text).toContain('response.completed');
    },
  );

  it('takes its items back', async () => {
    const first = await call(RESPONSES, RESPONSES_MODEL);
    const input = [
      { role: 'user', content: ASK },
      ...list(first.json['output']),
      { role: 'user', content: 'Thank you' },
    ];
    const again = await call(RESPONSES, RESPONSES_MODEL, { input });
    expect(again.status).toBe(200);
    expect(JSON.stringify(world.sent)).toContain('Green tea is brewed at seventy degrees');
  });
});
