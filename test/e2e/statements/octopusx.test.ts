import type { JsonObject } from '../../../src/core/json.js';
import { createBudget, createKey } from '../../support/builders/tenant.builder.js';
import { ChargeWatch } from '../../support/charges.js';
import type { Customer } from '../../support/customers.js';
import { CHAT_MODEL, createSecret, MESSAGES_MODEL } from '../../support/gateway.js';
import { WEATHER_SCHEMA } from '../../support/samples.js';
import { send, Statements, type WireAnswer } from '../../support/statements.js';

const ROOMY = 'anthropic/claude-sonnet-4';
const DEFAULTED = 'test/defaulted';
const UPSTREAMS = [
  ['Messages', MESSAGES_MODEL],
  ['Chat Completions', CHAT_MODEL],
] as const;

const body = (more: JsonObject = {}): JsonObject => ({
  model: MESSAGES_MODEL,
  max_tokens: 500,
  messages: [{ role: 'user', content: 'Explain why an API gateway needs rate limiting.' }],
  ...more,
});

describe('OctopusX and New API', () => {
  let world: Statements;
  beforeAll(async () => {
    world = await Statements.start('octopusx', [
      {
        id: ROOMY,
        protocol: 'anthropic-messages',
        upstreamModel: 'claude-sonnet-4',
        set: { max_output_tokens: 64_000, aliases: ['sonnet'] },
      },
      { id: DEFAULTED, upstreamModel: 'defaulted', set: { default_max_tokens: 77 } },
    ]);
  });
  afterAll(() => world.close());
  beforeEach(() => world.begin());

  it('statements 60 and 61: Bearer, or x-api-key with anthropic-version', async () => {
    const { secret } = world.customer;
    const bearer = { authorization: `Bearer ${secret}` };
    const native = { 'x-api-key': secret, 'anthropic-version': '2023-06-01' };
    for (const headers of [bearer, native]) {
      const { status, json } = await send(
        world.customer,
        '/v1/messages',
        body(),
        headers as Record<string, string>,
      );
      expect(status).toBe(200);
      expect(json).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'end_turn' });
    }
  });

  it.each(UPSTREAMS)('statement 62: max_tokens may be left out (over %s)', async (_name, model) => {
    const { max_tokens: _left, ...rest } = body({ model });
    expect((await world.messages(rest)).status).toBe(200);
    expect(world.sent['max_tokens'] ?? world.sent['max_completion_tokens']).toBe(8_192);
    expect((await world.messages({ ...rest, model: DEFAULTED })).status).toBe(200);
    expect(world.sent['max_completion_tokens'] ?? world.sent['max_tokens']).toBe(77);
  });

  it.each(UPSTREAMS)('statement 63: system as an array of objects (over %s)', async (_name, model) => {
    const system = [
      { type: 'text', text: 'Be brief.' },
      { type: 'text', text: 'Be kind.' },
    ];
    expect((await world.messages(body({ model, system }))).status).toBe(200);
    expect(JSON.stringify(world.sent)).toMatch(/Be brief\..*Be kind\./);
  });

  it.each(UPSTREAMS)('statement 64: an image by URL (over %s)', async (_name, model) => {
    const source = { type: 'url', url: 'https://example.com/a.png' };
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'image', source },
          { type: 'text', text: 'look' },
        ],
      },
    ];
    const { status, text } = await world.messages(body({ model, messages }));
    expect(status).toBe(200);
    expect(text).toContain('I received 1 image');
    expect(JSON.stringify(world.sent)).toContain('https://example.com/a.png');
  });

  it.each(UPSTREAMS)(
    'statement 65: a tool without type, and forced by name (over %s)',
    async (_name, model) => {
      const tools = [{ name: 'get_weather', description: 'Weather', input_schema: WEATHER_SCHEMA }];
      const tool_choice = { type: 'tool', name: 'get_weather' };
      const { json } = await world.messages(body({ model, tools, tool_choice }));
      expect(json).toMatchObject({
        stop_reason: 'tool_use',
        content: [{ type: 'tool_use', name: 'get_weather', input: expect.any(Object) }],
      });
    },
  );

  it('statement 66: a thinking budget of 10,000 is passed on', async () => {
    const thinking = { type: 'enabled', budget_tokens: 10_000 };
    const { json } = await world.messages(body({ model: ROOMY, max_tokens: 16_000, thinking }));
    expect(json['content']).toMatchObject([{ type: 'thinking' }, { type: 'text' }]);
    expect(world.sent).toMatchObject({ thinking, max_tokens: 16_000 });
  });

  it('a thinking budget stays below an output limit that had to be lowered', async () => {
    const thinking = { type: 'enabled', budget_tokens: 10_000 };
    const { status, headers } = await world.messages(body({ max_tokens: 16_000, thinking }));
    expect(status).toBe(200);
    expect(headers.get('x-faregate-warnings')).toMatch(/max_tokens was lowered to 8192.*budget .* 8191/);
    expect(world.sent).toMatchObject({ max_tokens: 8_192, thinking: { budget_tokens: 8_191 } });
  });

  it.each(['claude-sonnet-4-20250514', 'anthropic/claude-sonnet-4-20250514', 'sonnet'])(
    'statement 67: %s resolves through the catalogue',
    async (model) => {
      const { json } = await world.messages(body({ model }));
      expect(json).toMatchObject({ model: ROOMY });
      expect(world.sent['model']).toBe('claude-sonnet-4');
    },
  );

  describe('keys', () => {
    /** A key of the customer with other settings. */
    const keyWith = async (columns: Record<string, unknown> = {}): Promise<Customer> => {
      const { tenant, pool } = world.customer;
      const keyId = await createKey(pool, tenant);
      const sets = Object.keys(columns).map((column, index) => `${column} = $${index + 2}`);
      if (sets.length > 0)
        await pool.query(`update api_key set ${sets.join(', ')} where id = $1`, [
          keyId,
          ...Object.values(columns),
        ]);
      return { ...world.customer, tenant: { ...tenant, keyId }, secret: await createSecret(pool, keyId) };
    };
    const refused = (status: number, type: string) => ({ status, json: { type: 'error', error: { type } } });

    it.each([
      ['expired', { expires_at: '2026-01-01T00:00:00Z' }],
      ['revoked', { status: 'revoked', revoked_at: '2026-01-01T00:00:00Z' }],
    ])('statement 71: a key that is %s is a 401', async (_name, columns) => {
      const key = await keyWith(columns);
      expect(await world.messages(body(), key)).toMatchObject(refused(401, 'authentication_error'));
      expect(world.calls).toBe(0);
    });

    it('statement 71: a key whose own budget is used up is told so by 402', async () => {
      const key = await keyWith();
      const { keyId, organizationId } = key.tenant;
      const budget = { scope: 'key' as const, scopeId: keyId, organizationId, amountNano: 1n };
      await createBudget(key.pool, budget);
      const answer = await world.chat(body({ model: CHAT_MODEL }), key);
      expect(answer).toMatchObject({
        status: 402,
        json: { error: { type: 'billing_error', code: 'budget_exceeded' } },
      });
      expect(answer.headers.get('x-should-retry')).toBe('false');
      expect(world.calls).toBe(0);
    });

    it('statement 72: a model that is not on the key’s list is a 403, one that is on it works', async () => {
      const key = await keyWith({ allowed_models: [ROOMY] });
      expect(await world.messages(body(), key)).toMatchObject(refused(403, 'permission_error'));
      expect(world.calls).toBe(0);
      expect((await world.messages(body({ model: 'sonnet' }), key)).status).toBe(200);
      const models = (name: string) =>
        fetch(`${key.url}/v1/models${name}`, { headers: { authorization: `Bearer ${key.secret}` } });
      const listed = (await (await models('')).json()) as { data: { id: string }[] };
      expect(listed.data.map(({ id }) => id)).toEqual([ROOMY]);
      expect([(await models(`/${ROOMY}`)).status, (await models(`/${CHAT_MODEL}`)).status]).toEqual([
        200, 403,
      ]);
    });

    it('statement 72: an address that is not on the key’s list is a 403, one that is on it works', async () => {
      const far = await keyWith({ allowed_ips: ['203.0.113.0/24'] });
      expect(await world.messages(body(), far)).toMatchObject(refused(403, 'permission_error'));
      const near = await keyWith({ allowed_ips: ['127.0.0.0/8', '::1'] });
      expect((await world.messages(body(), near)).status).toBe(200);
    });
  });

  it('statement 75: reserved before, settled after, released on failure, never twice', async () => {
    const watch = new ChargeWatch(world.gateway);
    await watch.begin();
    const { simulator, pool } = world.gateway;
    const { walletId } = world.customer.tenant;
    const balanceOf = async () =>
      (
        await pool.query<{ balance: string; held: string }>(
          'select balance_nano as balance, held_nano as held from wallet where id = $1',
          [walletId],
        )
      ).rows[0] ?? { balance: '', held: '' };
    await watch.booked();
    const before = await balanceOf();
    simulator.use({ times: 1, answer: { kind: 'model' }, pacing: { firstByteDelayMs: 150 } });
    const running = world.messages(body());
    await simulator.until((journal) => journal.length === 1);
    const during = await balanceOf();
    expect(during.balance).toBe(before.balance);
    expect(BigInt(during.held)).toBeGreaterThan(BigInt(before.held));
    expect((await running).status).toBe(200);
    simulator.use({ times: 3, answer: { kind: 'error', status: 500 } });
    expect((await world.messages(body())).status).toBe(502);
    await watch.expectExact();
    const after = await balanceOf();
    expect(after.held).toBe(before.held);
    const [charged] = await watch.booked();
    expect(BigInt(before.balance) - BigInt(after.balance)).toBe(BigInt(charged?.charged ?? 0));
  });

  it('statement 76: the log of a call names model, key, channel, tokens, price, time and stream', async () => {
    await world.messages(body({ stream: true }));
    const request = await world.lastRequest();
    expect(request).toMatchObject({
      model_id: MESSAGES_MODEL,
      api_key_id: world.customer.tenant.keyId,
      provider_id: expect.any(String),
      deployment_id: expect.any(String),
      streamed: true,
      status: 'completed',
      duration_ms: expect.any(Number),
      first_token_ms: expect.any(Number),
      upstream_id: expect.stringMatching(/^msg_/),
    });
    const { rows } = await world.gateway.pool.query<Record<string, string>>(
      'select input_tokens, output_tokens, amount_nano from usage_event where request_id = $1',
      [request['id']],
    );
    const { usage } = world.gateway.simulator.journal.at(-1)?.answer ?? {};
    const [input, output] = [usage?.input ?? 0, usage?.output ?? 0];
    expect(input * output).toBeGreaterThan(0);
    expect(rows).toEqual([
      {
        input_tokens: String(input),
        output_tokens: String(output),
        amount_nano: String(input * 3_000 + output * 15_000),
      },
    ]);
  });

  it('statement 77: too little quota is a 402', async () => {
    const poor = await world.addCustomer({ profile: 'octopusx', balanceNano: 10n });
    const answers: WireAnswer[] = [
      await world.messages(body(), poor),
      await world.chat(body({ model: CHAT_MODEL }), poor),
    ];
    expect(answers.map(({ status }) => status)).toEqual([402, 402]);
    expect(answers[1]?.json).toMatchObject({ error: { code: 'insufficient_balance' } });
    expect(world.calls).toBe(0);
  });

  it('statement 79: the list of models follows the headers', async () => {
    const { url, secret } = world.customer;
    const list = async (headers: Record<string, string>, path = '') =>
      (await (await fetch(`${url}/v1/models${path}`, { headers })).json()) as JsonObject;
    const bearer = { authorization: `Bearer ${secret}` };
    const native = { 'x-api-key': secret, 'anthropic-version': '2023-06-01' };
    const openai = await list(bearer);
    expect(openai).toMatchObject({ object: 'list' });
    expect(openai['data']).toContainEqual(
      expect.objectContaining({
        id: CHAT_MODEL,
        object: 'model',
        owned_by: 'openai',
        created: expect.any(Number),
        context_length: 200_000,
        pricing: expect.objectContaining({ input: expect.any(String), output: expect.any(String) }),
      }),
    );
    const anthropic = await list(native);
    expect(anthropic).toMatchObject({
      has_more: false,
      first_id: expect.any(String),
      last_id: expect.any(String),
    });
    expect(anthropic['data']).toContainEqual(
      expect.objectContaining({
        type: 'model',
        id: CHAT_MODEL,
        display_name: expect.any(String),
        created_at: expect.any(String),
      }),
    );
    expect(await list(bearer, `/${MESSAGES_MODEL}`)).toMatchObject({ id: MESSAGES_MODEL, object: 'model' });
    expect(await list(native, '/claude-opus-4-8')).toMatchObject({ id: MESSAGES_MODEL, type: 'model' });
    expect(await list(bearer, '/nobody/knows')).toMatchObject({ error: { code: 'model_not_found' } });
  });
});
