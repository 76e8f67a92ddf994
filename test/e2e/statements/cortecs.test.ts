import type { JsonObject } from '../../../src/core/json.js';
import { CHAT_MODEL, MESSAGES_MODEL } from '../../support/gateway.js';
import { chunksOf, eventsOf, Statements } from '../../support/statements.js';

const SHARED = 'test/shared';
const AWAY = 'test/away';
const UPSTREAMS = [
  ['Messages', MESSAGES_MODEL],
  ['Chat Completions', CHAT_MODEL],
] as const;
const ROUTER_FIELDS = [
  'preference',
  'allowed_providers',
  'eu_native',
  'allow_quantization',
  'allow_zero_data_retention',
  'enable_model_fallback',
];

const body = (more: JsonObject = {}): JsonObject => ({
  model: SHARED,
  max_tokens: 500,
  messages: [{ role: 'user', content: 'Hello.' }],
  ...more,
});

describe('Cortecs', () => {
  let world: Statements;
  beforeAll(async () => {
    const shared = { id: SHARED, upstreamModel: 'shared' };
    world = await Statements.start('cortecs', [
      {
        ...shared,
        slug: 'azure',
        set: { provider: { zero_data_retention: false }, deployment: { priority: 3 } },
      },
      {
        ...shared,
        slug: 'nebius',
        prices: {},
        set: {
          provider: { eu_native: true },
          deployment: { priority: 2, quantization: 'fp8' },
        },
      },
      {
        ...shared,
        slug: 'scaleway',
        prices: {},
        set: { provider: { eu_native: true, zero_data_retention: true }, deployment: { priority: 1 } },
      },
      { id: AWAY, upstreamModel: 'away', slug: 'mistral' },
    ]);
    await shareThePrices(world);
  });
  afterAll(() => world.close());
  beforeEach(() => world.begin());

  const servedBy = async (more: JsonObject): Promise<string> => {
    const answer = await world.messages(body(more));
    return answer.status === 200
      ? (answer.headers.get('x-faregate-provider') ?? '')
      : `${answer.status} ${String((answer.json['error'] as JsonObject)['message'])}`;
  };

  it('statement 80: the six router fields are optional, and each may be null', async () => {
    const nulls = Object.fromEntries(ROUTER_FIELDS.map((name) => [name, null]));
    for (const more of [{}, nulls, { preference: 'cost', enable_model_fallback: false }]) {
      expect((await world.messages(body(more))).status).toBe(200);
      expect((await world.chat(body(more))).status).toBe(200);
    }
  });

  it('statement 81: a preference other than speed, cost and balanced is a 400', async () => {
    for (const preference of ['speed', 'cost', 'balanced'])
      expect((await world.messages(body({ preference }))).status).toBe(200);
    for (const preference of ['fast', 1, '']) {
      const answer = await world.messages(body({ preference }));
      expect(answer).toMatchObject({ status: 400, json: { error: { type: 'invalid_request_error' } } });
      expect(answer.text).toContain('preference');
    }
  });

  it('statement 82: allowed_providers restricts; none left is a 404, an unknown one a 400', async () => {
    expect(await servedBy({})).toBe('azure');
    expect(await servedBy({ allowed_providers: ['mistral', 'scaleway'] })).toBe('scaleway');
    expect(await servedBy({ allowed_providers: ['mistral'] })).toMatch(/^404 .*allowed_providers/);
    expect(await servedBy({ allowed_providers: ['scaleway', 'nobody'] })).toMatch(/^400 .*nobody/);
    expect(world.calls).toBe(2);
    const chat = await world.chat(body({ allowed_providers: ['mistral'] }));
    expect(chat).toMatchObject({ status: 404, json: { error: { code: 'model_not_found' } } });
  });

  it('statement 83: eu_native leaves only providers of the EU; null is false', async () => {
    expect(await servedBy({ eu_native: true })).toBe('nebius');
    expect(await servedBy({ eu_native: false })).toBe('azure');
    expect(await servedBy({ eu_native: null })).toBe('azure');
    expect(await servedBy({ model: AWAY, eu_native: true })).toMatch(/^404 .*eu_native/);
  });

  it('statement 84: allow_quantization false leaves out quantised deployments', async () => {
    expect(await servedBy({ eu_native: true, allow_quantization: false })).toBe('scaleway');
    expect(await servedBy({ eu_native: true, allow_quantization: true })).toBe('nebius');
    const only = { allowed_providers: ['nebius'], allow_quantization: false };
    expect(await servedBy(only)).toMatch(/^404 .*allow_quantization/);
  });

  it('statement 85: allow_zero_data_retention leaves only providers that keep nothing', async () => {
    expect(await servedBy({ allow_zero_data_retention: true })).toBe('scaleway');
    expect(await servedBy({ allow_zero_data_retention: false })).toBe('azure');
    expect(await servedBy({ model: AWAY, allow_zero_data_retention: true })).toMatch(/^404/);
  });

  it.each(ROUTER_FIELDS.filter((name) => name !== 'preference' && name !== 'allowed_providers'))(
    '%s of another type is a 400',
    async (field) => {
      expect(await servedBy({ [field]: 'yes' })).toMatch(new RegExp(`^400 .*${field}`));
    },
  );

  it.each(UPSTREAMS)(
    'statement 86: router fields never reach the upstream (over %s)',
    async (_name, model) => {
      const more = {
        preference: 'cost',
        allowed_providers: null,
        eu_native: false,
        allow_quantization: true,
        allow_zero_data_retention: false,
        enable_model_fallback: true,
        fallbacks: [],
      };
      for (const send of [world.messages.bind(world), world.chat.bind(world)]) {
        expect((await send(body({ ...more, model }))).status).toBe(200);
        for (const field of Object.keys(more)) expect(world.sent).not.toHaveProperty(field);
      }
    },
  );

  it.each(UPSTREAMS)(
    'statement 90: top_k has no effect, five stop_sequences are a 400 (over %s)',
    async (_name, model) => {
      const answer = await world.messages(body({ model, top_k: 7 }));
      expect(answer.status).toBe(200);
      expect(world.sent).not.toHaveProperty('top_k');
      expect(answer.headers.get('x-faregate-warnings')).toContain('top_k');
      const many = await world.messages(body({ model, stop_sequences: ['a', 'b', 'c', 'd', 'e'] }));
      expect(many).toMatchObject({ status: 400, json: { error: { type: 'invalid_request_error' } } });
      expect((await world.messages(body({ model, stop_sequences: ['1', '2', '3', '4'] }))).status).toBe(200);
    },
  );

  it('statement 91: temperature goes up to 2, and is lowered to what the upstream takes', async () => {
    const lowered = await world.messages(body({ model: MESSAGES_MODEL, temperature: 2 }));
    expect(lowered.status).toBe(200);
    expect(lowered.headers.get('x-faregate-warnings')).toBe('temperature was lowered to 1');
    expect(world.sent['temperature']).toBe(1);
    expect((await world.messages(body({ model: CHAT_MODEL, temperature: 2 }))).status).toBe(200);
    expect(world.sent['temperature']).toBe(2);
    expect((await world.messages(body({ temperature: 2.1 }))).status).toBe(400);
  });

  it.each(UPSTREAMS)(
    'statement 92: a stream ends with message_stop and data: [DONE] (over %s)',
    async (_name, model) => {
      const { text } = await world.messages(body({ model, stream: true }));
      expect(text.endsWith('data: {"type":"message_stop"}\n\ndata: [DONE]\n\n')).toBe(true);
      expect(text.split('[DONE]')).toHaveLength(2);
    },
  );

  it.each(UPSTREAMS)('max_tokens may be left out (over %s)', async (_name, model) => {
    const { max_tokens: _left, ...rest } = body({ model });
    expect((await world.messages(rest)).status).toBe(200);
  });

  it.each([false, true])('statement 93: headers name provider and model (streamed: %s)', async (stream) => {
    const { headers } = await world.messages(body({ stream, allowed_providers: ['scaleway'] }));
    expect(headers.get('x-faregate-provider')).toBe('scaleway');
    expect(headers.get('x-faregate-model')).toBe(SHARED);
    expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  });

  /** By hand: 3 and 15 micro-dollars a token, each part rounded up to a whole micro-dollar. */
  const byHand = () => {
    const { usage } = world.gateway.simulator.journal.at(-1)?.answer ?? {};
    const [prompt_cost, completion_cost] = [(usage?.input ?? 0) * 3, (usage?.output ?? 0) * 15];
    return {
      cost: prompt_cost + completion_cost,
      cost_details: { prompt_cost, cache_read_cost: 0, cache_write_cost: 0, completion_cost },
    };
  };

  it.each(UPSTREAMS)(
    'statement 94: usage.cost is the sum of cost_details (over %s)',
    async (_name, model) => {
      const whole = await world.messages(body({ model }));
      expect(whole.json['usage']).toMatchObject(byHand());
      const streamed = eventsOf((await world.messages(body({ model, stream: true }))).text);
      expect(streamed.find(({ type }) => type === 'message_delta')).toMatchObject({ usage: byHand() });
      const chat = await world.chat(body({ model }));
      expect(chat.json['usage']).toMatchObject(byHand());
      const chunks = chunksOf((await world.chat(body({ model, stream: true }))).text);
      expect(chunks.at(-1)).toMatchObject({ usage: byHand() });
    },
  );

  it('statement 94: parts of a micro-dollar are rounded up, each for itself', async () => {
    const long = { role: 'user', content: 'x'.repeat(6_000) };
    await world.chat(body({ model: CHAT_MODEL, messages: [long] }));
    const messages = [long, { role: 'user', content: 'and?' }];
    const { json } = await world.chat(body({ model: CHAT_MODEL, messages }));
    const { usage } = world.gateway.simulator.journal.at(-1)?.answer ?? {};
    const read = Math.ceil(((usage?.cacheRead ?? 0) * 3) / 10);
    expect(json['usage']).toMatchObject({
      cost: (usage?.input ?? 0) * 3 + read + (usage?.output ?? 0) * 15,
      cost_details: { cache_read_cost: read },
    });
    expect(read).toBe(423);
  });

  it('standard shows the price as a decimal number of dollars', async () => {
    const standard = await world.addCustomer({ profile: 'standard' });
    for (const [, model] of UPSTREAMS) {
      const whole = await world.messages(body({ model }), standard);
      expect(whole.json['usage']).toMatchObject({ cost: byHand().cost / 1e6 });
      const { json, headers } = await world.chat(body({ model }), standard);
      expect(json['usage']).toMatchObject({ cost: byHand().cost / 1e6 });
      expect(json['usage']).not.toHaveProperty('cost_details');
      expect(Number(headers.get('x-faregate-cost'))).toBe(byHand().cost / 1e6);
    }
  });
});

/** One list price for every provider of the shared model: the first provider's, made valid for all. */
async function shareThePrices(world: Statements): Promise<void> {
  await world.gateway.pool.query("update sku set provider_id = null where kind = 'list' and model_id = $1", [
    SHARED,
  ]);
  await world.gateway.pool.query('update catalog_version set version = version + 1');
  await world.reloadCatalogue();
}
