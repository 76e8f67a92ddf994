import { asArray, asObject, asString, isObject, type JsonObject } from '../../src/core/json.js';
import { uuidv7 } from '../../src/core/ids.js';
import { TEST_PRICES, type TestGateway } from './gateway.js';
import { send, type ExtraModel, type Statements, type WireAnswer } from './statements.js';

/** USD nano-units of a search, and of a full-content result that is not free. */
export const SEARCH_NANO = 1_000_000n;
export const FULL_CONTENT_NANO = 500_000n;

const prices = {
  ...TEST_PRICES,
  search: SEARCH_NANO * 1_000n,
  search_full_content: FULL_CONTENT_NANO * 1_000n,
};

/** One model that may search for each protocol an upstream can speak. */
export const SEARCH_MODELS = [
  ['Chat Completions', { id: 'openai/searcher', protocol: 'openai-chat', upstreamModel: 'gpt-5.5', prices }],
  [
    'Messages',
    { id: 'anthropic/searcher', protocol: 'anthropic-messages', upstreamModel: 'claude-opus-4-8', prices },
  ],
  ['Responses', { id: 'openai/responder', protocol: 'openai-responses', upstreamModel: 'gpt-5.4', prices }],
  [
    'Gemini',
    { id: 'google/searcher', protocol: 'google-gemini', upstreamModel: 'gemini-3.1-pro-preview', prices },
  ],
] as const satisfies readonly (readonly [string, ExtraModel])[];

/** Pages that the embedded backend finds. */
export const PAGES = [
  {
    url: 'https://tea.example/green',
    title: 'Green tea',
    content: 'Green tea is brewed at seventy degrees.',
  },
  { url: 'https://tea.example/black', title: 'Black tea', content: 'Black tea takes boiling water.' },
  { url: 'https://coffee.example/', title: 'Coffee', content: 'Coffee is roasted before it is ground.' },
];

export async function loadPages(pool: TestGateway['pool'], pages = PAGES): Promise<void> {
  for (const { url, title, content } of pages) {
    await pool.query(
      `insert into search_document (id, url, domain, title, content, language, crawled_at)
       values ($1, $2, $3, $4, $5, 'en', now())`,
      [uuidv7(), url, new URL(url).hostname, title, content],
    );
  }
}

/** A route that can search, in its own words. */
export interface SearchRoute {
  name: string;
  path: string;
  tool: JsonObject;
  force: JsonObject;
  none: JsonObject | string;
  /** A request with this user text; `more` replaces or adds members. */
  body: (model: string, text: string, more?: JsonObject) => JsonObject;
  /** Text of a whole answer. */
  textOf: (json: JsonObject) => string;
  /** Queries of the searches that a whole answer shows, in their order. */
  queriesOf: (json: JsonObject) => string[];
  searchesIn: (usage: JsonObject) => unknown;
}

const list = (value: unknown): JsonObject[] => asArray(value).filter(isObject);
const CHAT_TOOL = { type: 'octen_search' };

export const CHAT: SearchRoute = {
  name: 'chat',
  path: '/v1/chat/completions',
  tool: CHAT_TOOL,
  force: CHAT_TOOL,
  none: 'none',
  body: (model, text, more = {}) => ({
    model,
    max_tokens: 500,
    messages: [{ role: 'user', content: text }],
    tools: [CHAT_TOOL],
    ...more,
  }),
  textOf: (json) => asString(asObject(list(json['choices'])[0]?.['message'])?.['content']) ?? '',
  queriesOf: (json) => list(json['search_results']).map(({ query }) => String(query)),
  searchesIn: (usage) => usage['num_search_queries'],
};

export const MESSAGES: SearchRoute = {
  name: 'messages',
  path: '/v1/messages',
  tool: { type: 'octen_search', name: 'octen_search' },
  force: { type: 'tool', name: 'octen_search' },
  none: { type: 'none' },
  body: (model, text, more = {}) => ({
    model,
    max_tokens: 500,
    messages: [{ role: 'user', content: text }],
    tools: [{ type: 'octen_search', name: 'octen_search' }],
    ...more,
  }),
  textOf: (json) =>
    list(json['content'])
      .map(({ text }) => asString(text) ?? '')
      .join(''),
  queriesOf: (json) =>
    list(json['content'])
      .filter(({ type }) => type === 'server_tool_use')
      .map(({ input }) => String(asObject(input)?.['query'])),
  searchesIn: (usage) => asObject(usage['server_tool_use'])?.['web_search_requests'],
};

export const RESPONSES: SearchRoute = {
  name: 'responses',
  path: '/v1/responses',
  tool: CHAT_TOOL,
  force: CHAT_TOOL,
  none: 'none',
  body: (model, text, more = {}) => ({
    model,
    max_output_tokens: 500,
    input: text,
    tools: [CHAT_TOOL],
    ...more,
  }),
  textOf: (json) =>
    list(json['output'])
      .flatMap(({ content }) => list(content))
      .map(({ text }) => asString(text) ?? '')
      .join(''),
  queriesOf: (json) =>
    list(json['output'])
      .filter(({ type }) => type === 'web_search_call')
      .map(({ action }) => String(asObject(action)?.['query'])),
  searchesIn: (usage) => usage['num_search_queries'],
};

export const ROUTES = [CHAT, MESSAGES, RESPONSES];

/** Each route over each upstream protocol, for `it.each`. */
export const EVERYWHERE = ROUTES.flatMap((route) =>
  SEARCH_MODELS.map(([over, model]) => [`${route.name} over ${over}`, route, model.id] as const),
);

/** A text at which the simulated model searches for green tea, where it has the tool. */
export const ASK = 'Search for green tea';

/** What tests of searches do with a gateway. */
export interface SearchCalls {
  /** One call of a route; `more` replaces or adds members of its body. */
  call: (route: SearchRoute, model: string, more?: JsonObject, text?: string) => Promise<WireAnswer>;
  /** The model's next turn is these calls. */
  say: (...toolCalls: { name: string; arguments: JsonObject }[]) => void;
  /** The model searches for these, one after the other. */
  searchFor: (...queries: string[]) => void;
}

export function searchCalls(world: Statements): SearchCalls {
  const say: SearchCalls['say'] = (...toolCalls) =>
    world.gateway.simulator.use({ times: 1, answer: { kind: 'model', toolCalls } });
  return {
    say,
    call: (route, model, more = {}, text = ASK) =>
      send(world.customer, route.path, route.body(model, text, more)),
    searchFor: (...queries) => {
      for (const query of queries) say({ name: 'octen_search', arguments: { query } });
    },
  };
}

/** Names of the tools in a body, whichever protocol it is of. */
export const toolNamesOf = (body: JsonObject): string[] =>
  list(body['tools']).map((tool) => String(tool['name'] ?? asObject(tool['function'])?.['name']));
