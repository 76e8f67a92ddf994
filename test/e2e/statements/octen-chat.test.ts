import type { JsonObject } from '../../../src/core/json.js';
import { CHAT_MODEL, MESSAGES_MODEL } from '../../support/gateway.js';
import { WEATHER_SCHEMA } from '../../support/samples.js';
import { chunksOf, framesOf, send, Statements } from '../../support/statements.js';

const PLAIN = 'test/plain';
const UPSTREAMS = [
  ['Chat Completions', CHAT_MODEL],
  ['Messages', MESSAGES_MODEL],
] as const;

const body = (more: JsonObject = {}): JsonObject => ({
  model: CHAT_MODEL,
  messages: [{ role: 'user', content: 'Explain attention in one sentence.' }],
  max_tokens: 500,
  ...more,
});
const named = (name: string): JsonObject => ({
  type: 'function',
  function: { name, parameters: WEATHER_SCHEMA },
});
const tool = named('get_weather');

/** The first choice's message of an answer. */
function messageOf(json: JsonObject): JsonObject {
  const [choice] = json['choices'] as JsonObject[];
  return (choice?.['message'] ?? {}) as JsonObject;
}
const callsOf = (json: JsonObject) => (messageOf(json)['tool_calls'] ?? []) as JsonObject[];

describe('Octen Chat Completions', () => {
  let world: Statements;
  beforeAll(async () => {
    world = await Statements.start('octen', [
      { id: PLAIN, upstreamModel: 'plain', capabilities: ['temperature', 'stop'] },
    ]);
  });
  afterAll(() => world.close());
  beforeEach(() => world.begin());

  const refused = (param: string, words = param) => ({
    status: 400,
    json: {
      error: { message: expect.stringContaining(words), type: 'invalid_request_error', param, code: null },
    },
  });

  it.each(UPSTREAMS)('statement 25: the id is gen-<created>-<alnum> (over %s)', async (_name, model) => {
    const { json } = await world.chat(body({ model }));
    expect(json).toMatchObject({ object: 'chat.completion', model });
    expect(json['id']).toMatch(new RegExp(`^gen-${Number(json['created'])}-[0-9A-Za-z]+$`));
    expect(Math.abs(Number(json['created']) - Date.now() / 1000)).toBeLessThan(60);
  });

  it.each(UPSTREAMS)(
    'statement 26: refusal and reasoning are there as null (over %s)',
    async (_name, model) => {
      const { text, json } = await world.chat(body({ model }));
      expect(messageOf(json)).toMatchObject({ role: 'assistant', refusal: null, reasoning: null });
      expect(text).toContain('"refusal":null');
      expect(text).toContain('"reasoning":null');
    },
  );

  it.each([
    ['temperature', 2.01],
    ['temperature', -0.01],
    ['top_p', 0],
    ['top_p', 1.01],
    ['top_k', -1],
    ['frequency_penalty', 2.1],
    ['frequency_penalty', -2.1],
    ['presence_penalty', 2.1],
    ['presence_penalty', -2.1],
    ['min_p', 1.1],
    ['min_p', -0.1],
    ['top_a', 1.1],
    ['top_a', -0.1],
    ['repetition_penalty', 0],
    ['repetition_penalty', 2.1],
    ['max_tokens', 0],
    ['max_completion_tokens', 0],
  ])('statement 27: %s %d is refused', async (field, value) => {
    expect(await world.chat(body({ [field]: value }))).toMatchObject(refused(field));
    expect(world.calls).toBe(0);
  });

  it('statement 27: top_logprobs over 20 is refused, and every bound itself is taken', async () => {
    const many = body({ logprobs: true, top_logprobs: 21 });
    expect(await world.chat(many)).toMatchObject(refused('top_logprobs'));
    const low = { frequency_penalty: -2, presence_penalty: -2, min_p: 0, top_a: 0, repetition_penalty: 0.01 };
    const high = { frequency_penalty: 2, presence_penalty: 2, min_p: 1, top_a: 1, repetition_penalty: 2 };
    expect((await world.chat(body({ temperature: 0, top_p: 0.01, top_k: 0, ...low }))).status).toBe(200);
    expect((await world.chat(body({ temperature: 2, top_p: 1, ...high }))).status).toBe(200);
    expect((await world.chat(body({ logprobs: true, top_logprobs: 20 }))).status).toBe(200);
  });

  it.each(UPSTREAMS)(
    'statement 28: defaults are the model’s own: none is sent (over %s)',
    async (_name, model) => {
      await world.chat(body({ model }));
      const sent = Object.keys(world.sent).filter(
        (member) => !/^(model|messages|max_\w*tokens)$/.test(member),
      );
      expect(sent).toEqual([]);
    },
  );

  it('statement 29: top_logprobs needs logprobs', async () => {
    expect(await world.chat(body({ top_logprobs: 2 }))).toMatchObject(refused('top_logprobs', 'logprobs'));
    const off = body({ top_logprobs: 2, logprobs: false });
    expect(await world.chat(off)).toMatchObject(refused('top_logprobs', 'logprobs'));
  });

  it('statement 30: tool_choice without tools is ignored, with a warning', async () => {
    const { status, json } = await world.chat(body({ tool_choice: 'required' }));
    expect(status).toBe(200);
    expect(json['warning']).toContain('tool_choice');
    expect(world.sent).not.toHaveProperty('tool_choice');
  });

  it.each(UPSTREAMS)('statement 31: tool_choice none, required, a tool (over %s)', async (_name, model) => {
    const base = { model, tools: [tool, named('get_time')] };
    const weather = [{ role: 'user', content: 'Call the weather tool for Oslo' }];
    const none = await world.chat(body({ ...base, messages: weather, tool_choice: 'none' }));
    expect(callsOf(none.json)).toEqual([]);
    const required = await world.chat(body({ ...base, tool_choice: 'required' }));
    expect(callsOf(required.json).length).toBeGreaterThan(0);
    const choice = { type: 'function', function: { name: 'get_time' } };
    const forced = await world.chat(body({ ...base, tool_choice: choice }));
    expect(callsOf(forced.json)).toEqual([
      { id: expect.any(String), type: 'function', function: expect.objectContaining({ name: 'get_time' }) },
    ]);
    const stranger = { type: 'function', function: { name: 'other' } };
    expect(await world.chat(body({ ...base, tool_choice: stranger }))).toMatchObject(refused('tool_choice'));
  });

  it.each(UPSTREAMS)(
    'statement 32: parallel_tool_calls false is one call (over %s)',
    async (_name, model) => {
      const messages = [{ role: 'user', content: 'Call the weather tool for both Paris and Rome' }];
      const base = { model, tools: [tool], messages };
      expect(callsOf((await world.chat(body(base))).json)).toHaveLength(2);
      const single = await world.chat(body({ ...base, parallel_tool_calls: false }));
      expect(callsOf(single.json)).toHaveLength(1);
    },
  );

  it('statement 33: a response_format that the model lacks becomes plain text', async () => {
    const response_format = { type: 'json_schema', json_schema: { name: 'city', schema: WEATHER_SCHEMA } };
    const { status, json } = await world.chat(body({ model: PLAIN, response_format }));
    expect(status).toBe(200);
    expect(messageOf(json)['content']).toContain('You said: "Explain attention in one sentence."');
    expect(world.sent).not.toHaveProperty('response_format');
    expect(json['warning']).toContain('response_format');
  });

  it('statement 34: what was dropped is named in a warning, in streams too; else there is none', async () => {
    const dropped = { model: PLAIN, seed: 7, verbosity: 'low', temperature: 0.5 };
    const whole = await world.chat(body(dropped));
    expect(whole.json['warning']).toMatch(/"seed".*"verbosity"/s);
    expect(whole.json['warning']).not.toContain('temperature');
    expect(whole.headers.get('x-faregate-warnings')).toBe(whole.json['warning']);
    const streamed = await world.chat(body({ ...dropped, stream: true }));
    expect(chunksOf(streamed.text).filter((chunk) => 'warning' in chunk)).toEqual([
      expect.objectContaining({ type: 'usage', warning: whole.json['warning'] }),
    ]);
    for (const more of [{}, { stream: true }]) {
      const plain = await world.chat(body(more));
      expect(plain.text).not.toContain('"warning"');
      expect(plain.headers.has('x-faregate-warnings')).toBe(false);
    }
    const lost = await world.chat(body({ model: MESSAGES_MODEL, seed: 7 }));
    expect(lost.json['warning']).toContain('seed');
  });

  it.each(['resp_123', 'gen-1710000000-abcdefg'])(
    'statements 35 and 36: previous_response_id %s has no effect',
    async (previous_response_id) => {
      const { status, json } = await world.chat(body({ previous_response_id }));
      expect(status).toBe(200);
      expect(json['warning']).toContain('previous_response_id');
      expect(world.sent).not.toHaveProperty('previous_response_id');
    },
  );

  it.each(UPSTREAMS)('statements 37 to 41: a stream, chunk by chunk (over %s)', async (_name, model) => {
    const { text, headers } = await world.chat(body({ model, stream: true }));
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    const chunks = chunksOf(text);
    const types = chunks.map(({ type }) => type);
    expect(types.filter((type, index) => type !== types[index - 1])).toEqual(['content', 'finish', 'usage']);
    expect(framesOf(text).at(-1)).toEqual({ data: '[DONE]' });
    expect(text).not.toContain('search');
    for (const chunk of chunks) {
      const { id, created } = chunks[0] as JsonObject;
      expect(chunk).toMatchObject({ id, created, model, object: 'chat.completion.chunk' });
    }
    expect(chunks.filter(({ usage }) => usage !== undefined && usage !== null)).toEqual([chunks.at(-1)]);
    const { usage } = world.gateway.simulator.journal[0]?.answer ?? {};
    const [prompt, completion] = [usage?.input ?? 0, usage?.output ?? 0];
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
    });
    expect(chunks.at(-2)?.['choices']).toEqual([
      expect.objectContaining({ index: 0, delta: {}, finish_reason: 'stop' }),
    ]);
    expect(chunks[0]?.['choices']).toMatchObject([{ delta: { role: 'assistant' }, finish_reason: null }]);
  });

  it('statement 38: no search, no search_results', async () => {
    const { text } = await world.chat(body());
    expect(text).not.toMatch(/search_results|num_search_queries/);
  });

  it.each(UPSTREAMS)('statement 42: developer behaves as system (over %s)', async (_name, model) => {
    const messages = [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
    ];
    expect((await world.chat(body({ model, messages }))).status).toBe(200);
    if (model === MESSAGES_MODEL) expect(world.sent['system']).toEqual(expect.anything());
    expect(JSON.stringify(world.sent)).toContain('Be brief.');
  });

  it('statement 43: every error has message, type, param and code, and nothing else', async () => {
    const members = ['message', 'type', 'param', 'code'];
    world.gateway.simulator.use({ times: 3, answer: { kind: 'error', status: 500 } });
    const wrong = { authorization: 'Bearer nonsense' };
    const answers = [
      await world.chat(body()),
      await world.chat(body({ temperature: 3 })),
      await world.chat(body({ model: 'nobody/knows' })),
      await send(world.customer, '/v1/chat/completions', body(), wrong),
    ];
    expect(answers.map(({ status }) => status)).toEqual([502, 400, 404, 401]);
    for (const { json } of answers) {
      expect(Object.keys(json)).toEqual(['error']);
      expect(Object.keys(json['error'] as JsonObject).toSorted()).toEqual(members.toSorted());
    }
  });

  it('statement 44: max_completion_tokens bounds reasoning and answer together', async () => {
    const { json } = await world.chat(body({ max_completion_tokens: 10, reasoning: { effort: 'high' } }));
    expect(json['usage']).toMatchObject({
      completion_tokens: 10,
      completion_tokens_details: { reasoning_tokens: expect.any(Number) },
    });
    expect(world.sent['max_completion_tokens']).toBe(10);
  });

  it('statement 45: an unknown model is a 404', async () => {
    const { status, json } = await world.chat(body({ model: 'nobody/knows' }));
    expect(status).toBe(404);
    expect(json).toMatchObject({
      error: { type: 'not_found_error', code: 'model_not_found', param: 'model' },
    });
  });

  it('statement 46: an exhausted balance is a 403 without an upstream call', async () => {
    const poor = await world.addCustomer({ profile: 'octen', balanceNano: 10n });
    const { status, json } = await world.chat(body(), poor);
    expect(status).toBe(403);
    expect(json).toMatchObject({ error: { type: 'permission_error', code: 'insufficient_balance' } });
    expect(world.calls).toBe(0);
  });

  it.each(UPSTREAMS)(
    'a failure in the middle of a stream is no clean end (over %s)',
    async (_name, model) => {
      world.gateway.simulator.use({ answer: { kind: 'model' }, pacing: { resetAfterFrames: 5 } });
      const { text } = await world.chat(body({ model, stream: true }));
      expect(JSON.parse(framesOf(text).at(-1)?.data ?? '')).toMatchObject({ error: { type: 'api_error' } });
      expect(text).not.toContain('[DONE]');
      expect(text).not.toContain('"finish_reason":"stop"');
    },
  );
});
