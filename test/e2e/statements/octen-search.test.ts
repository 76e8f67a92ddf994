import { asArray, asObject, isObject, type JsonObject } from '../../../src/core/json.js';
import { chunksOf, framesOf, send, Statements } from '../../support/statements.js';
import {
  ASK,
  CHAT,
  EVERYWHERE,
  loadPages,
  MESSAGES,
  ROUTES,
  SEARCH_MODELS,
  searchCalls,
  toolNamesOf,
  type SearchCalls,
} from '../../support/search-world.js';

const [CHAT_MODEL, MESSAGES_MODEL] = SEARCH_MODELS.map(([, { id }]) => id) as [string, string, string];
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

describe('octen_search on every route, over every upstream protocol', () => {
  it.each(EVERYWHERE)(
    'statements 48 and 50: a bare declaration is enough, and the gateway runs the search (%s)',
    async (_, route, model) => {
      const { status, json, text } = await call(route, model);
      expect([status, text]).toEqual([200, expect.any(String)]);
      expect(route.queriesOf(json)).toEqual(['green tea']);
      expect(route.textOf(json)).toContain('The search found "Green tea" [1]');
      expect(world.calls).toBe(2);
      expect(JSON.stringify(world.sent)).toContain('Green tea is brewed at seventy degrees');
      expect(text).not.toMatch(/"(tool_calls|function_call|tool_use)"/);
    },
  );

  it.each(EVERYWHERE)(
    'statement 52: the usage names the searches, and holds every upstream call (%s)',
    async (_, route, model) => {
      searchFor('green tea', 'black tea');
      const { json } = await call(route, model);
      const usage = asObject(json['usage']) ?? {};
      expect(route.searchesIn(usage)).toBe(2);
      const used = world.gateway.simulator.journal.map(({ answer }) => answer.modelUsage);
      expect(used).toHaveLength(3);
      const total = used.reduce((sum, one) => sum + (one?.output ?? 0), 0);
      expect(usage['completion_tokens'] ?? usage['output_tokens']).toBe(total);
    },
  );

  it.each(EVERYWHERE)('streams the search and the answer after it (%s)', async (_, route, model) => {
    const { status, text } = await call(route, model, { stream: true });
    expect(status).toBe(200);
    expect(text).toContain('https://tea.example/green');
    const told = text.indexOf('https://tea.example/green');
    expect(told).toBeGreaterThan(0);
    expect(text.slice(told)).toMatch(/"(content|text|delta)":"The /);
    expect(text.slice(0, told)).not.toMatch(/"(content|text|delta)":"The /);
    expect(text).not.toMatch(/"type":"tool_use"|"tool_calls"|"function_call"/);
    expect(world.calls).toBe(2);
  });

  it.each(EVERYWHERE)(
    'statement 54: a forced choice searches once, none prevents it (%s)',
    async (_, route, model) => {
      const forced = await call(route, model, { tool_choice: route.force }, 'Hello tea');
      expect([forced.status, route.queriesOf(forced.json).length]).toEqual([200, 1]);
      world.begin();
      const none = await call(route, model, { tool_choice: route.none });
      expect([none.status, route.queriesOf(none.json)]).toEqual([200, []]);
      expect(world.calls).toBe(1);
      expect(toolNamesOf(world.sent)).toEqual([]);
      world.begin();
      const required = await call(
        route,
        model,
        { tool_choice: route === MESSAGES ? { type: 'any' } : 'required' },
        'Hello tea',
      );
      expect(route.queriesOf(required.json)).toHaveLength(1);
    },
  );

  it.each(EVERYWHERE)(
    'statement 53: max_searches bounds the searches of a request, five by default (%s)',
    async (_, route, model) => {
      world.gateway.simulator.use({
        // Unless it is forbidden, in the words of any protocol.
        match: ({ body }) => !/"(tool_choice|type|mode)":"none"/i.test(JSON.stringify(body)),
        answer: { kind: 'model', toolCalls: [{ name: 'octen_search', arguments: { query: 'tea' } }] },
      });
      const five = await call(route, model);
      expect([five.status, route.queriesOf(five.json).length]).toEqual([200, 5]);
      expect(world.calls).toBe(6);
      const two = await call(route, model, { tools: [{ ...route.tool, parameters: { max_searches: 2 } }] });
      expect(route.queriesOf(two.json)).toHaveLength(2);
      expect(route.textOf(two.json)).not.toBe('');
    },
  );

  it.each(EVERYWHERE)(
    'statement 50: a model that calls the tool beyond its limit is not heard (%s)',
    async (_, route, model) => {
      world.gateway.simulator.use({
        answer: { kind: 'model', toolCalls: [{ name: 'octen_search', arguments: { query: 'tea' } }] },
      });
      const { status, json, text } = await call(route, model, {
        tools: [{ ...route.tool, parameters: { max_searches: 1 } }],
      });
      expect([status, route.queriesOf(json).length, world.calls]).toEqual([200, 1, 2]);
      expect(text).not.toMatch(/"(tool_calls|function_call|tool_use)"/);
    },
  );
});

describe('octen_search on Chat Completions', () => {
  it('statements 37 and 51: a stream tells of searches first, then content, finish, usage and [DONE]', async () => {
    const { text } = await call(CHAT, CHAT_MODEL, { stream: true });
    const chunks = chunksOf(text);
    const types = chunks.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);
    expect(types).toEqual(['search_done', 'content', 'finish', 'usage']);
    expect(framesOf(text).at(-1)?.data).toBe('[DONE]');
    expect(chunks[0]).toMatchObject({ object: 'chat.completion.chunk', model: CHAT_MODEL, choices: [] });
    expect(chunks[0]?.['search_results']).toEqual([
      { query: 'green tea', results: expect.any(Array) as unknown[] },
    ]);
    expect(
      new Set(chunks.map(({ id, created, model }) => `${String(id)} ${String(created)} ${String(model)}`))
        .size,
    ).toBe(1);
    expect(chunks.at(-1)?.['usage']).toMatchObject({ num_search_queries: 1 });
  });

  it('statement 37: what a model says before it searches comes after the search it leads to', async () => {
    world.gateway.simulator.use({
      times: 1,
      answer: {
        kind: 'model',
        text: 'Let me look that up.',
        thinking: 'I should search.',
        toolCalls: [{ name: 'octen_search', arguments: { query: 'green tea' } }],
      },
    });
    const { text } = await call(CHAT, MESSAGES_MODEL, { stream: true });
    const chunks = chunksOf(text);
    expect(chunks[0]?.['type']).toBe('search_done');
    const said = chunks
      .flatMap(({ choices }) => list(choices))
      .map(({ delta }) => String(asObject(delta)?.['content'] ?? ''));
    expect(said.join('')).toMatch(/^Let me look that up\.\n\nThe search found "Green tea" \[1\]/);
  });

  it('statement 38: without a search there is neither a search_done chunk nor search_results', async () => {
    const streamed = await call(CHAT, CHAT_MODEL, { stream: true }, 'Hello');
    expect(streamed.text).not.toMatch(/search_done|search_results|num_search_queries/);
    const whole = await call(CHAT, CHAT_MODEL, {}, 'Hello');
    expect(whole.text).not.toMatch(/search_results|num_search_queries|full_content_extra_count/);
  });

  it('statement 51: search_results are grouped by query, one group a search, with the fields that Octen documents', async () => {
    say(
      { name: 'octen_search', arguments: { query: 'green tea' } },
      { name: 'octen_search', arguments: { query: 'coffee' } },
    );
    searchFor('nothing like this');
    const { json } = await call(CHAT, CHAT_MODEL);
    const groups = list(json['search_results']);
    expect(groups.map(({ query }) => query)).toEqual(['green tea', 'coffee', 'nothing like this']);
    expect(groups[2]?.['results']).toEqual([]);
    expect(list(groups[1]?.['results'])[0]).toEqual({
      title: 'Coffee',
      url: 'https://coffee.example/',
      highlights: expect.stringContaining('roasted') as string,
      time_last_crawled: expect.any(String) as string,
    });
    expect(asObject(json['usage'])?.['num_search_queries']).toBe(3);
  });

  it('shows url_citation annotations for Anthropic models alone', async () => {
    const annotated = await call(CHAT, MESSAGES_MODEL);
    const message = asObject(list(annotated.json['choices'])[0]?.['message']) ?? {};
    const [annotation] = list(message['annotations']);
    expect(annotation).toMatchObject({
      type: 'url_citation',
      url_citation: { url: 'https://tea.example/green', title: 'Green tea' },
    });
    const { start_index: start, end_index: end } = asObject(annotation?.['url_citation']) ?? {};
    expect(String(message['content']).slice(Number(start), Number(end))).toBe('[1]');
    expect((await call(CHAT, MESSAGES_MODEL, { stream: true })).text).toContain('"url_citation"');
    expect((await call(CHAT, CHAT_MODEL)).text).not.toContain('url_citation');
  });

  it('statement 57: counts full-content results beyond the first ten of each search', async () => {
    await loadPages(
      world.gateway.pool,
      Array.from({ length: 13 }, (_, index) => ({
        url: `https://bulk.example/${index}`,
        title: `Bulk ${index}`,
        content: 'bulk words',
      })),
    );
    const parameters = {
      count: 100,
      full_content: { enable: true, max_tokens: 100 },
      include_domains: ['bulk.example'],
    };
    const { json } = await call(
      CHAT,
      CHAT_MODEL,
      { tools: [{ type: 'octen_search', parameters }] },
      'Search for bulk',
    );
    expect(list(json['search_results'])[0]?.['results']).toHaveLength(13);
    expect(json['usage']).toMatchObject({ num_search_queries: 1, full_content_extra_count: 3 });
    expect(list(list(json['search_results'])[0]?.['results'])[0]).toMatchObject({
      full_content: 'bulk words',
    });
    const { lines } = await chargeOf(String(json['id']));
    expect(lines).toContainEqual({ class: 'search_full_content', quantity: '3', amount: '1500000' });
  });
});

/** The charge lines of the last call. */
async function chargeOf(id: string): Promise<{ lines: object[] }> {
  expect(id).toMatch(/^gen-/);
  const request = await world.lastRequest();
  const { rows } = await world.gateway.pool.query(
    `select l.token_class as class, l.quantity::text, l.amount_nano::text as amount from usage_event e
     join usage_event_line l on l.event_id = e.id where e.request_id = $1`,
    [request['id']],
  );
  return { lines: rows as object[] };
}

describe('a declaration that cannot be honoured', () => {
  it.each(ROUTES.map((route) => [route.name, route] as const))(
    'statement 58: a parameter out of its bounds is refused by name (%s)',
    async (_, route) => {
      for (const [name, value] of [
        ['count', 101],
        ['max_searches', 0],
        ['time_range', 'decade'],
        ['language', ['xx']],
        ['format', 'html'],
        ['safesearch', 'moderate'],
      ] as const) {
        const parameters = { [name]: value } as JsonObject;
        const { status, text } = await call(route, CHAT_MODEL, { tools: [{ ...route.tool, parameters }] });
        expect([status, text]).toEqual([400, expect.stringContaining(`tools.0.parameters.${name}`)]);
      }
      expect(world.calls).toBe(0);
    },
  );

  it('statement 59: an excluded domain stays out of what the model is told', async () => {
    const parameters = { include_domains: ['tea.example'], exclude_domains: ['tea.example'] };
    const { json } = await call(CHAT, CHAT_MODEL, { tools: [{ type: 'octen_search', parameters }] });
    expect(list(json['search_results'])[0]?.['results']).toEqual([]);
    expect(CHAT.textOf(json)).toContain('found nothing');
  });

  it('says what the backend does not do, and refuses a strict caller for it', async () => {
    const body = CHAT.body(CHAT_MODEL, ASK, {
      tools: [{ type: 'octen_search', parameters: { include_images: true } }],
    });
    const { json } = await send(world.customer, CHAT.path, body);
    expect(json['warning']).toContain('tools.octen_search.include_images');
    const headers = { authorization: `Bearer ${world.customer.secret}`, 'x-faregate-strict': 'true' };
    expect((await send(world.customer, CHAT.path, body, headers)).status).toBe(400);
  });

  it('refuses several answers, and a model that has no price for searches', async () => {
    const several = await call(CHAT, CHAT_MODEL, { n: 2 });
    expect([several.status, asObject(several.json['error'])?.['param']]).toEqual([400, 'n']);
    const unpriced = await call(CHAT, 'openai/gpt-5.5');
    expect([unpriced.status, asObject(unpriced.json['error'])?.['code']]).toEqual([400, 'search_not_priced']);
    expect(world.calls).toBe(0);
  });
});
