import type { JsonObject } from '../../../src/core/json.js';
import { CHAT_MODEL, createSecret, MESSAGES_MODEL } from '../../support/gateway.js';
import { WEATHER_SCHEMA } from '../../support/samples.js';
import { eventsOf, framesOf, send, Statements } from '../../support/statements.js';

const CLAUDES = ['claude-opus-4.6', 'claude-sonnet-4.6', 'claude-haiku-4.5'];
const VENDORS = [
  'google/gemini-3.5-flash',
  'moonshotai/kimi-k2.6',
  'minimax/minimax-m2.5',
  'qwen/qwen3.6-plus',
];
const PLAIN = 'test/plain';

const body = (more: JsonObject = {}): JsonObject => ({
  model: MESSAGES_MODEL,
  max_tokens: 2_000,
  messages: [{ role: 'user', content: 'Explain attention in one sentence.' }],
  ...more,
});
const tool = { name: 'get_weather', input_schema: WEATHER_SCHEMA };
const UPSTREAMS = [
  ['Messages', MESSAGES_MODEL],
  ['Chat Completions', CHAT_MODEL],
] as const;

describe('Octen Messages', () => {
  let world: Statements;
  beforeAll(async () => {
    world = await Statements.start('octen', [
      ...CLAUDES.map((name) => ({
        id: `anthropic/${name}`,
        protocol: 'anthropic-messages' as const,
        upstreamModel: name.replaceAll('.', '-'),
      })),
      ...VENDORS.map((id) => ({ id, upstreamModel: id.split('/')[1] ?? '' })),
      { id: PLAIN, upstreamModel: 'plain', capabilities: ['temperature', 'stop'] },
    ]);
  });
  afterAll(() => world.close());
  beforeEach(() => world.begin());

  const refused = (status: number, type: string, words: string) => ({
    status,
    json: {
      type: 'error',
      error: { type, message: expect.stringContaining(words) },
      request_id: expect.stringMatching(/^req_/),
    },
  });

  it('statement 1: x-api-key without anthropic-version works, and means 2023-06-01', async () => {
    const headers = { 'x-api-key': world.customer.secret, 'content-type': 'application/json' };
    const answer = await send(world.customer, '/v1/messages', body(), headers);
    expect(answer.status).toBe(200);
    expect(world.gateway.simulator.journal[0]?.headers).toMatchObject({ 'anthropic-version': '2023-06-01' });
  });

  it('statement 2: a missing or wrong x-api-key is a 401 in the shape of Messages', async () => {
    const unknown = await createSecret(world.gateway.pool, world.customer.tenant.keyId);
    await world.gateway.pool.query(
      'update api_key_secret set expires_at = now() where last4 = $1 and display_start = $2',
      [unknown.slice(-4), unknown.slice(0, 12)],
    );
    for (const headers of [{}, { 'x-api-key': 'nonsense' }, { 'x-api-key': unknown }]) {
      const answer = await send(world.customer, '/v1/messages', body(), headers as Record<string, string>);
      expect(answer).toMatchObject(refused(401, 'authentication_error', 'API key'));
    }
    expect(world.calls).toBe(0);
  });

  it('statement 3: the same key works as a bearer token; two different keys do not', async () => {
    expect((await world.messages(body())).status).toBe(200);
    const { secret } = world.customer;
    const both = { authorization: `Bearer ${secret}`, 'x-api-key': secret };
    expect((await send(world.customer, '/v1/messages', body(), both)).status).toBe(200);
    const other = { ...both, 'x-api-key': world.gateway.secret };
    expect((await send(world.customer, '/v1/messages', body(), other)).status).toBe(401);
  });

  it('statement 4: an account without a payment method is refused before any upstream call', async () => {
    const bare = await world.addCustomer({ profile: 'octen', paymentMethod: null, balanceNano: 0n });
    const answer = await world.messages(body(), bare);
    expect(answer).toMatchObject(refused(403, 'permission_error', 'payment method'));
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(world.calls).toBe(0);
  });

  it.each([
    ['claude-opus-4-8', MESSAGES_MODEL],
    ['claude-opus-4-6', 'anthropic/claude-opus-4.6'],
    ['claude-sonnet-4-6', 'anthropic/claude-sonnet-4.6'],
    ['claude-haiku-4-5', 'anthropic/claude-haiku-4.5'],
  ])('statements 5 and 6: %s is %s, and the answer says so', async (model, canonical) => {
    const whole = await world.messages(body({ model }));
    expect(whole.json).toMatchObject({ model: canonical });
    const streamed = await world.messages(body({ model, stream: true }));
    expect(eventsOf(streamed.text)[0]).toMatchObject({ message: { model: canonical } });
  });

  it.each([CHAT_MODEL, ...VENDORS])('statement 7: a Messages call works for %s', async (model) => {
    const answer = await world.messages(body({ model }));
    expect(answer.json).toMatchObject({ type: 'message', model, stop_reason: 'end_turn' });
  });

  it.each([
    ['statement 8: no max_tokens', { max_tokens: null }, 'max_tokens'],
    ['statement 8: max_tokens 0', { max_tokens: 0 }, 'max_tokens'],
    ['statement 9: no messages', { messages: null }, 'messages'],
    ['statement 9: no model', { model: null }, 'model'],
    ['statement 10: temperature 1.5', { temperature: 1.5 }, 'temperature'],
    ['statement 10: temperature -0.1', { temperature: -0.1 }, 'temperature'],
    ['statement 10: top_p 1.01', { top_p: 1.01 }, 'top_p'],
    ['statement 10: top_p 0', { top_p: 0 }, 'top_p'],
    ['statement 10: top_k -1', { top_k: -1 }, 'top_k'],
    ['statement 18: thinking without a budget', { thinking: { type: 'enabled' } }, 'budget_tokens'],
    [
      'statement 18: a budget under 1024',
      { thinking: { type: 'enabled', budget_tokens: 1_023 } },
      'budget_tokens',
    ],
    [
      'statement 18: a budget of max_tokens',
      { thinking: { type: 'enabled', budget_tokens: 2_000 } },
      'budget_tokens',
    ],
  ])('%s is a 400 that names the field', async (_name, change, field) => {
    expect(await world.messages(body(change))).toMatchObject(refused(400, 'invalid_request_error', field));
    expect(world.calls).toBe(0);
  });

  it('statement 11: a parameter that the model lacks is ignored, and named', async () => {
    const answer = await world.messages(body({ model: PLAIN, top_k: 5, temperature: 0.5 }));
    expect(answer.status).toBe(200);
    expect(world.sent).toMatchObject({ temperature: 0.5 });
    expect(world.sent).not.toHaveProperty('top_k');
    expect(answer.headers.get('x-faregate-warnings')).toContain('top_k');
  });

  it.each(UPSTREAMS)('statement 12: the members of an answer (over %s)', async (_name, model) => {
    const { json } = await world.messages(body({ model }));
    expect(json).toMatchObject({
      id: expect.stringMatching(/^msg_\w+$/),
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: expect.stringContaining('Explain attention') }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
    });
  });

  it('statement 13: the stop sequence that was hit is named', async () => {
    const stop = { stop_sequences: ['attention'] };
    const { json } = await world.messages(body(stop));
    expect(json).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'attention' });
    const streamed = eventsOf((await world.messages(body({ ...stop, stream: true }))).text);
    expect(streamed.at(-2)).toMatchObject({
      delta: { stop_reason: 'stop_sequence', stop_sequence: 'attention' },
    });
  });

  it.each(UPSTREAMS)('statement 14: max_tokens and tool_use (over %s)', async (_name, model) => {
    const cut = await world.messages(body({ model, max_tokens: 3 }));
    expect(cut.json).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 3 } });
    const called = await world.messages(body({ model, tools: [tool], tool_choice: { type: 'any' } }));
    expect(called.json).toMatchObject({ stop_reason: 'tool_use' });
    expect((called.json['content'] as JsonObject[]).at(-1)).toMatchObject({
      type: 'tool_use',
      id: expect.stringMatching(/^[\w-]+$/),
      name: 'get_weather',
      input: { city: expect.any(String) },
    });
  });

  it('statement 15: pause_turn comes through, and its content can be sent back', async () => {
    const search = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'q' } };
    const paused = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-opus-4-8',
      content: [search],
      stop_reason: 'pause_turn',
      stop_sequence: null,
      usage: { input_tokens: 5, output_tokens: 7 },
    };
    world.gateway.simulator.use({ times: 1, answer: { kind: 'json', body: paused } });
    const { json } = await world.messages(body());
    expect(json).toMatchObject({ stop_reason: 'pause_turn', content: [search] });
    const question = { role: 'user', content: 'go' };
    const messages = [question, { role: 'assistant', content: json['content'] as JsonObject[] }];
    expect((await world.messages(body({ messages }))).status).toBe(200);
    expect(world.sent['messages']).toEqual(messages);
  });

  it.each(UPSTREAMS)(
    'statement 16: a tool result goes back, failed ones too (over %s)',
    async (_name, model) => {
      const question = { role: 'user', content: 'What is the weather in Oslo?' };
      const first = await world.messages(body({ model, tools: [tool], messages: [question] }));
      const content = first.json['content'] as JsonObject[];
      const result = {
        type: 'tool_result',
        tool_use_id: content.at(-1)?.['id'] ?? '',
        content: 'no such city',
      };
      const messages = (isError: boolean): JsonObject[] => [
        question,
        { role: 'assistant', content },
        { role: 'user', content: [isError ? { ...result, is_error: true } : result] },
      ];
      const answered = await world.messages(body({ model, tools: [tool], messages: messages(false) }));
      expect(answered.text).toContain('The tool get_weather answered');
      const failed = await world.messages(body({ model, tools: [tool], messages: messages(true) }));
      expect(failed.status).toBe(200);
      expect(failed.text).toContain('no such city');
    },
  );

  it.each(UPSTREAMS)('statement 17: system as a string and as blocks (over %s)', async (_name, model) => {
    for (const system of ['Be brief.', [{ type: 'text', text: 'Be brief.' }]]) {
      expect((await world.messages(body({ model, system }))).status).toBe(200);
      expect(JSON.stringify(world.sent)).toContain('Be brief.');
    }
  });

  it.each(UPSTREAMS)(
    'statement 19: a stream has named events, message_stop last (over %s)',
    async (_name, model) => {
      const { text, headers } = await world.messages(body({ model, stream: true }));
      expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
      expect(headers.get('cache-control')).toBe('no-cache');
      expect(headers.get('x-accel-buffering')).toBe('no');
      const names = framesOf(text).map(({ event }) => event);
      const steps = names.filter((event, index) => event !== 'ping' && event !== names[index - 1]);
      expect(steps).toEqual([
        'message_start',
        'content_block_start',
        'content_block_delta',
        'content_block_stop',
        'message_delta',
        'message_stop',
      ]);
      for (const { event, data } of framesOf(text)) expect(JSON.parse(data)).toMatchObject({ type: event });
      expect(text.endsWith('event: message_stop\ndata: {"type":"message_stop"}\n\n')).toBe(true);
    },
  );

  it.each(UPSTREAMS)(
    'statement 20: message_delta has the cumulative usage (over %s)',
    async (_name, model) => {
      const events = eventsOf((await world.messages(body({ model, stream: true }))).text);
      const { usage } = world.gateway.simulator.journal[0]?.answer ?? {};
      const deltas = events.filter(({ type }) => type === 'message_delta');
      expect(deltas).toHaveLength(1);
      expect(deltas[0]).toMatchObject({
        usage: { input_tokens: usage?.input, output_tokens: usage?.output },
      });
    },
  );

  it.each(UPSTREAMS)(
    'statement 21: a failure in the middle is an error event (over %s)',
    async (_name, model) => {
      world.gateway.simulator.use({ answer: { kind: 'model' }, pacing: { resetAfterFrames: 5 } });
      const { status, text } = await world.messages(body({ model, stream: true }));
      expect(status).toBe(200);
      const frames = framesOf(text);
      expect(frames.at(-1)?.event).toBe('error');
      expect(JSON.parse(frames.at(-1)?.data ?? '')).toMatchObject({
        type: 'error',
        error: { type: 'api_error' },
      });
      expect(text).not.toContain('message_stop');
    },
  );

  it('statement 22: overload is 529, an oversized request 413', async () => {
    world.gateway.simulator.use({ times: 3, answer: { kind: 'error', status: 529 } });
    expect(await world.messages(body())).toMatchObject(refused(529, 'overloaded_error', 'overloaded'));
    const messages = [{ role: 'user', content: 'x'.repeat(33 * 1024 * 1024) }];
    const answer = await world.messages(body({ messages }));
    expect(answer).toMatchObject(refused(413, 'request_too_large', 'larger'));
  });

  it('statement 23: input_tokens leave out the cache, whose members appear only when it was used', async () => {
    const plain = await world.messages(body({ model: CHAT_MODEL }));
    for (const member of ['cache_read_input_tokens', 'cache_creation_input_tokens', 'cache_creation'])
      expect(plain.json['usage']).not.toHaveProperty(member);
    const long = { role: 'user', content: 'x'.repeat(6_000) };
    await world.messages(body({ model: CHAT_MODEL, messages: [long] }));
    const turn = [long, { role: 'assistant', content: 'ok' }, { role: 'user', content: 'and?' }];
    const again = await world.messages(body({ model: CHAT_MODEL, messages: turn }));
    const { usage } = world.gateway.simulator.journal.at(-1)?.answer ?? {};
    expect(again.json['usage']).toMatchObject({
      cache_read_input_tokens: usage?.cacheRead,
      input_tokens: usage?.input,
    });
    expect(usage?.cacheRead).toBeGreaterThan(1_000);
  });

  it.each(UPSTREAMS)(
    'statement 24: metadata.user_id is taken and passed on (over %s)',
    async (_name, model) => {
      const answer = await world.messages(body({ model, metadata: { user_id: 'u-17' } }));
      expect(answer.status).toBe(200);
      expect(JSON.stringify(world.sent)).toContain('u-17');
      expect(await world.lastRequest()).toMatchObject({ end_user: 'u-17' });
    },
  );

  it('shows no price in the answer of this profile', async () => {
    for (const [, model] of UPSTREAMS) {
      const { json, headers } = await world.messages(body({ model }));
      expect(json['usage']).not.toHaveProperty('cost');
      expect(headers.get('x-faregate-cost')).toMatch(/^0\.\d{9}$/);
    }
  });
});
