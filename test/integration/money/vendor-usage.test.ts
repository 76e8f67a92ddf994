import { CatalogService } from '../../../src/catalog/catalog.service.js';
import type { JsonObject } from '../../../src/core/json.js';
import type { RuleAnswer } from '../../../src/embedded/simulator/script.js';
import { createPrice } from '../../support/builders/catalog.builder.js';
import { chatBody, post, until, untilSettled } from '../../support/calls.js';
import {
  MESSAGES_MODEL,
  serveModel,
  startGateway,
  TEST_PRICES,
  type TestGateway,
} from '../../support/gateway.js';
import { brokenRules, giveCredit } from '../../support/money.js';
import { openCall } from '../../support/raw-call.js';

// 3 dollars per million of input, 0.30 of cached input, 15 of output; a cent a search. Costs are four fifths of that.
const SEARCHING = { ...TEST_PRICES, search: 10_000_000_000n };
/** 32 and 64 dollars per million of sound that is heard and spoken. */
const SOUND = { ...TEST_PRICES, audio_input: 32_000_000n, audio_output: 64_000_000n };
const MODELS = {
  responses: { protocol: 'openai-responses', upstreamModel: 'gpt-5.4', prices: SEARCHING },
  gemini: { protocol: 'google-gemini', upstreamModel: 'gemini-3.1-pro-preview', prices: SEARCHING },
  sound: { protocol: 'openai-chat', upstreamModel: 'gpt-audio', prices: SOUND },
  'own-cost': { protocol: 'openai-chat', upstreamModel: 'gpt-audio', prices: TEST_PRICES },
} as const;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ balanceNano: 0n });
  await giveCredit(gateway, 1_000_000_000_000n);
  for (const [name, model] of Object.entries(MODELS)) {
    const version = model.protocol === 'google-gemini' ? 'v1beta' : 'v1';
    const baseUrl = `${gateway.simulator.baseUrl}/${version}`;
    const { providerId } = await serveModel(gateway.pool, { id: `test/${name}`, baseUrl, ...model });
    if (name !== 'own-cost') continue;
    const price = { modelId: `test/${name}`, providerId, currency: 'USD', pico: 20_000_000n } as const;
    await createPrice(gateway.pool, { ...price, kind: 'cost', tokenClass: 'audio_input' });
  }
  await gateway.api.app.get(CatalogService).refresh();
});
beforeEach(() => gateway.simulator.reset());
afterEach(async () => expect(await brokenRules(gateway)).toEqual([]));
afterAll(() => gateway.close());

/** The latest charge with its lines: class, quantity, amount, cost. */
async function charged() {
  await untilSettled(gateway);
  const { rows } = await gateway.pool.query<JsonObject & { lines: unknown[] }>(
    `select e.amount_nano::float8 as amount, e.cost_nano::float8 as cost, e.input_tokens::int as input,
       e.output_tokens::int as output, e.searches::int as searches, e.estimated,
       (select jsonb_agg(jsonb_build_array(l.token_class, l.quantity, l.amount_nano, l.cost_nano) order by l.token_class)
        from usage_event_line l where l.event_id = e.id) as lines
     from usage_event e order by e.recorded_at desc, e.id desc limit 1`,
  );
  return rows[0];
}
async function ask(path: string, body: JsonObject, answer: RuleAnswer) {
  gateway.simulator.use({ times: 1, answer });
  const response = await post(gateway, path, body);
  expect([response.status, (await response.text()).length > 0]).toEqual([200, true]);
  return charged();
}
const frames = (all: JsonObject[]): string[] => all.map((one) => `data: ${JSON.stringify(one)}\n\n`);

describe('searches that a vendor ran by itself', () => {
  const USAGE = { input_tokens: 1_000, output_tokens: 100, total_tokens: 1_100 };
  const OUTPUT = [
    { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'tea' } },
    {
      type: 'web_search_call',
      id: 'ws_2',
      status: 'completed',
      action: { type: 'open_page', url: 'https://tea' },
    },
    {
      type: 'web_search_call',
      id: 'ws_3',
      status: 'completed',
      action: { type: 'search', query: 'green tea' },
    },
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Tea.', annotations: [] }],
    },
  ];
  const response = (output: JsonObject[], usage: JsonObject = USAGE): JsonObject => ({
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    model: 'gpt-5.4',
    status: 'completed',
    error: null,
    output,
    usage,
  });
  const items = OUTPUT.flatMap((item, output_index) => [
    { type: 'response.output_item.added', output_index, item },
    { type: 'response.output_item.done', output_index, item },
  ]);
  const streamed = (output: JsonObject[]): RuleAnswer => ({
    kind: 'sse',
    frames: frames([
      { type: 'response.created', response: { ...response([]), status: 'in_progress', usage: null } },
      ...items,
      { type: 'response.completed', response: response(output) },
    ]),
  });
  // 1,000 × 3 + 100 × 15 micro-dollars and 2 cents.
  const PAID = {
    amount: 24_500_000,
    cost: 19_600_000,
    searches: 2,
    estimated: false,
    lines: [
      ['input', 1_000, 3_000_000, 2_400_000],
      ['output', 100, 1_500_000, 1_200_000],
      ['search', 2, 20_000_000, 16_000_000],
    ],
  };
  const tools = [{ type: 'web_search' }];

  it.each([
    ['whole', false, { kind: 'json', body: response(OUTPUT) }],
    ['streamed', true, streamed(OUTPUT)],
    ['streamed, its last event without items', true, streamed([])],
  ] as [string, boolean, RuleAnswer][])(
    'are charged over Responses, verbatim and translated (%s)',
    async (_, stream, answer) => {
      const own = { model: 'test/responses', input: 'Tea?', max_output_tokens: 200, tools, stream };
      expect(await ask('/v1/responses', own, answer)).toMatchObject(PAID);
      const chat = {
        model: 'test/responses',
        messages: [{ role: 'user', content: 'Tea?' }],
        max_tokens: 200,
      };
      expect(await ask('/v1/chat/completions', { ...chat, stream }, answer)).toMatchObject(PAID);
    },
  );

  it('are charged by the vendor’s own count where it has one', async () => {
    const body = response(OUTPUT, { ...USAGE, num_search_queries: 1 });
    const own = { model: 'test/responses', input: 'Tea?', max_output_tokens: 200, tools };
    expect(await ask('/v1/responses', own, { kind: 'json', body })).toMatchObject({
      amount: 14_500_000,
      searches: 1,
    });
  });

  it('are charged to a caller who hangs up once they have ended', async () => {
    gateway.simulator.use({
      times: 1,
      answer: streamed(OUTPUT),
      // The created event and the first item, whole; then silence.
      pacing: { stallAfterFrames: 3 },
    });
    const call = openCall(gateway, '/v1/responses', {
      model: 'test/responses',
      input: 'Tea?',
      max_output_tokens: 200,
      tools,
      stream: true,
    });
    await call.received(/output_item.done/);
    call.hangUp();
    const last = await until(charged, (one) => one?.['estimated'] === true);
    expect(last).toMatchObject({ searches: 1, estimated: true });
    expect(last?.lines).toContainEqual(['search', 1, 10_000_000, 8_000_000]);
  });

  it.each([false, true])(
    'are charged by the different queries over Gemini (streamed: %s)',
    async (stream) => {
      const usageMetadata = { promptTokenCount: 1_000, candidatesTokenCount: 100, totalTokenCount: 1_100 };
      const candidate = { content: { parts: [{ text: 'Tea.' }], role: 'model' }, index: 0 };
      const groundingMetadata = { webSearchQueries: ['tea', 'green tea', '', 'tea'] };
      const version = { modelVersion: 'gemini-3.1-pro-preview', responseId: 'r1' };
      const last = { candidates: [{ ...candidate, finishReason: 'STOP', groundingMetadata }], usageMetadata };
      const body = { ...last, ...version };
      const answer: RuleAnswer = stream
        ? { kind: 'sse', frames: frames([{ candidates: [candidate], ...version }, body]) }
        : { kind: 'json', body };
      const contents = [{ role: 'user', parts: [{ text: 'Tea?' }] }];
      const verb = stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
      const config = { generationConfig: { maxOutputTokens: 200 }, tools: [{ googleSearch: {} }] };
      expect(await ask(`/v1beta/models/test/gemini:${verb}`, { contents, ...config }, answer)).toMatchObject(
        PAID,
      );
    },
  );
});

describe('sound', () => {
  const body: JsonObject = {
    id: 'c1',
    object: 'chat.completion',
    model: 'gpt-audio',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi.' } }],
    usage: {
      prompt_tokens: 1_000,
      prompt_tokens_details: { cached_tokens: 100, audio_tokens: 400 },
      completion_tokens: 100,
      completion_tokens_details: { audio_tokens: 80 },
      total_tokens: 1_100,
    },
  };
  const chat = (model: string) => ({
    model,
    max_tokens: 200,
    messages: [{ role: 'user', content: 'hi '.repeat(500) }],
  });

  it('is charged in classes of its own where it has prices, and counted as input and output', async () => {
    // 500 × 3 + 400 × 32 + 100 × 0.3 + 20 × 15 + 80 × 64 micro-dollars.
    expect(await ask('/v1/chat/completions', chat('test/sound'), { kind: 'json', body })).toMatchObject({
      amount: 19_750_000,
      cost: 15_800_000,
      input: 900,
      output: 100,
      lines: [
        ['audio_input', 400, 12_800_000, 10_240_000],
        ['audio_output', 80, 5_120_000, 4_096_000],
        ['cache_read', 100, 30_000, 24_000],
        ['input', 500, 1_500_000, 1_200_000],
        ['output', 20, 300_000, 240_000],
      ],
    });
  });

  it('is charged as input and output where it has none, and costs what the provider takes', async () => {
    // The provider takes 20 dollars per million of sound that is heard: 500 × 2.4 + 400 × 20.
    expect(await ask('/v1/chat/completions', chat('test/own-cost'), { kind: 'json', body })).toMatchObject({
      amount: 4_230_000,
      cost: 10_424_000,
      lines: [
        ['cache_read', 100, 30_000, 24_000],
        ['input', 900, 2_700_000, 9_200_000],
        ['output', 100, 1_500_000, 1_200_000],
      ],
    });
  });
});

describe('usage that a vendor reported before it failed', () => {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [] };
  const start = {
    type: 'message_start',
    message: { ...message, usage: { input_tokens: 100_000, output_tokens: 1 } },
  };
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'not now' } };

  it('is what each attempt cost us, although nothing was answered and nobody is charged', async () => {
    gateway.simulator.use({ answer: { kind: 'sse', frames: frames([start, error]) } });
    const response = await post(gateway, '/v1/chat/completions', chatBody(MESSAGES_MODEL, { stream: true }));
    expect(response.status).toBe(503);
    await untilSettled(gateway);
    const { rows } = await gateway.pool.query(
      `select r.status, (select count(*)::int from usage_event e where e.request_id = r.id) as events,
         (select array_agg(a.cost_nano::int) from attempt a where a.request_id = r.id) as costs
       from request r order by r.id desc limit 1`,
    );
    // 2.40 dollars per million of input.
    expect(rows).toEqual([{ status: 'failed', events: 0, costs: Array(3).fill(240_000_000) }]);
  });
});
