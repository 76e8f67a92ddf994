import { asArray, asObject, isObject, type JsonObject } from '../../../src/core/json.js';
import { post } from '../../support/calls.js';
import { ChargeWatch } from '../../support/charges.js';
import {
  CHAT_MODEL,
  GEMINI_MODEL,
  MESSAGES_MODEL,
  RESPONSES_MODEL,
  startGateway,
  UPSTREAM_MODELS,
  type TestGateway,
} from '../../support/gateway.js';

let gateway: TestGateway;
let watch: ChargeWatch;
beforeAll(async () => {
  gateway = await startGateway();
  watch = new ChargeWatch(gateway);
});
afterAll(() => gateway.close());
beforeEach(() => watch.begin());

const ask = async (path: string, body: JsonObject) => {
  const response = await post(gateway, path, body);
  const warnings = response.headers.get('x-faregate-warnings') ?? '';
  const json = (await response.json()) as JsonObject;
  return { status: response.status, warnings, json, error: asObject(json['error']) ?? {} };
};
const respond = (model: string, more: JsonObject = {}) =>
  ask('/v1/responses', { model, input: 'hello', ...more });
const chat = (model: string, more: JsonObject = {}) =>
  ask('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hello' }], ...more });

/** Body of the last request that the upstream got. */
const sent = (): JsonObject => asObject(gateway.simulator.journal.at(-1)?.body) ?? {};
const itemsOf = (body: JsonObject, type: string): JsonObject[] =>
  asArray(body['output'])
    .filter(isObject)
    .filter((item) => item['type'] === type);

describe.each([
  ['Chat Completions', chat],
  ['Responses', respond],
] as const)('an earlier response, on %s', (_door, call) => {
  it.each([CHAT_MODEL, MESSAGES_MODEL])('statement 35: has no effect but a warning on %s', async (model) => {
    const { status, warnings } = await call(model, { previous_response_id: 'resp_123' });
    expect(status).toBe(200);
    expect(warnings).toContain('previous_response_id');
    expect(sent()).not.toHaveProperty('previous_response_id');
    await watch.expectExact();
  });

  it.each(['gen-1710000000-abcdefg', 'resp_123'])(
    'statement 36: %s is never honoured by a Responses model',
    async (previous_response_id) => {
      const { status, error } = await call(RESPONSES_MODEL, { previous_response_id });
      expect(status).toBe(400);
      expect(error).toMatchObject({ param: 'previous_response_id', type: 'invalid_request_error' });
      expect(gateway.simulator.journal).toHaveLength(0);
    },
  );
});

describe.each(UPSTREAM_MODELS)('the Responses door over %s', (_name, model) => {
  it.each<[string, JsonObject]>([
    ['conversation', { conversation: 'conv_1' }],
    ['background', { background: true }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['input.0', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
  ])('row 49: refuses %s, which would need stored responses', async (field, more) => {
    const { status, error } = await respond(model, more);
    expect(status).toBe(400);
    expect(`${String(error['param'])} ${String(error['message'])}`).toContain(field);
    expect(gateway.simulator.journal).toHaveLength(0);
  });

  it('row 50: calls a custom tool by its own kind, and gets its output back', async () => {
    const tools = [{ type: 'custom', name: 'apply_patch', description: 'Applies a patch' }];
    const question = { role: 'user', content: 'Call apply_patch now' };
    const first = await respond(model, { input: [question], tools });
    const [call] = itemsOf(first.json, 'custom_tool_call');
    expect(call).toMatchObject({ name: 'apply_patch', input: expect.stringMatching(/./) as unknown });
    const output = { type: 'custom_tool_call_output', call_id: call?.['call_id'] ?? null, output: 'done' };
    const second = await respond(model, { input: [question, call ?? null, output], tools });
    expect(JSON.stringify(second.json['output'])).toContain('apply_patch answered: \\"done\\"');
    await watch.expectExact();
  });

  it('row 34: gives log probabilities where the upstream has them, and says so where it has none', async () => {
    const { json, warnings } = await respond(model, {
      include: ['message.output_text.logprobs'],
      top_logprobs: 2,
    });
    const [message] = itemsOf(json, 'message');
    const [part] = asArray(message?.['content']).filter(isObject);
    if (model === MESSAGES_MODEL) {
      expect(warnings).toContain('logprobs');
      expect(part?.['logprobs']).toEqual([]);
    } else if (model === GEMINI_MODEL) {
      // Asked for; the simulated vendor has none to give.
      expect(asObject(sent()['generationConfig'])).toMatchObject({ responseLogprobs: true, logprobs: 2 });
    } else {
      const [first] = asArray(part?.['logprobs']).filter(isObject);
      expect(first?.['token']).toBeDefined();
      expect(asArray(first?.['top_logprobs'])).toHaveLength(2);
    }
    await watch.expectExact();
  });

  it('rows 40 and 42: sends no reasoning that another vendor encrypted', async () => {
    const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'someone:c2ln' };
    const input = [{ role: 'user', content: 'a' }, reasoning, { role: 'user', content: 'b' }];
    const { status, warnings } = await respond(model, { input });
    expect(status).toBe(200);
    expect(warnings).toMatch(/reasoning|thinking/);
    expect(JSON.stringify(sent())).not.toContain('c2ln');
    await watch.expectExact();
  });

  it('row 48: carries members of its own only where they are understood', async () => {
    const { warnings } = await respond(model, { truncation: 'auto', prompt_cache_key: 'k' });
    const isOwn = model === RESPONSES_MODEL;
    expect(sent()['truncation']).toBe(isOwn ? 'auto' : undefined);
    expect(warnings.includes('truncation')).toBe(!isOwn);
    await watch.expectExact();
  });
});

describe('other clients over a Responses upstream', () => {
  it('row 32: are told which sampling parameters it lacks', async () => {
    const { status, warnings } = await chat(RESPONSES_MODEL, { seed: 1, presence_penalty: 1 });
    expect(status).toBe(200);
    for (const name of ['seed', 'presence_penalty']) expect(warnings).toContain(`${name} was dropped`);
    await watch.expectExact();
  });

  it('row 33: get as many answers as they ask for, each from a call of its own', async () => {
    const { status, json } = await chat(RESPONSES_MODEL, { n: 2 });
    expect([status, asArray(json['choices']).length]).toEqual([200, 2]);
    expect(gateway.simulator.journal).toHaveLength(2);
  });

  it('row 37: read the summary of its reasoning, which Chat would not give', async () => {
    const { json } = await ask('/v1/messages', {
      model: RESPONSES_MODEL,
      max_tokens: 4_000,
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      messages: [{ role: 'user', content: 'hello' }],
    });
    const [thinking] = asArray(json['content']).filter(isObject);
    expect(thinking).toMatchObject({
      type: 'thinking',
      thinking: expect.stringMatching(/./) as unknown,
      signature: expect.stringMatching(/^openai:rs_/) as unknown,
    });
    expect(sent()).toMatchObject({
      reasoning: { effort: 'low', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      store: false,
    });
    await watch.expectExact();
  });

  it('rows 38 and 40: replay its encrypted reasoning through a tool round trip of Messages', async () => {
    const base = {
      model: RESPONSES_MODEL,
      max_tokens: 4_000,
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      tools: [
        { name: 'get_weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } },
      ],
    };
    const question = { role: 'user', content: 'Call get_weather for Paris' };
    const first = await ask('/v1/messages', { ...base, messages: [question] });
    const content = asArray(first.json['content']);
    const use = content.filter(isObject).find((block) => block['type'] === 'tool_use');
    const result = { type: 'tool_result', tool_use_id: use?.['id'] ?? null, content: '18 C' };
    const messages = [question, { role: 'assistant', content }, { role: 'user', content: [result] }];
    const second = await ask('/v1/messages', { ...base, messages });
    expect(JSON.stringify(second.json['content'])).toContain('18 C');
    const [replayed] = asArray(sent()['input'])
      .filter(isObject)
      .filter(({ type }) => type === 'reasoning');
    expect(replayed).toMatchObject({ encrypted_content: expect.stringMatching(/./) as unknown });
    await watch.expectExact();
  });

  it('row 72: are told in their own words that the prompt is too long', async () => {
    const message = 'Your input exceeds the context window of this model.';
    const error = { kind: 'error', status: 400, message, code: 'context_length_exceeded' } as const;
    gateway.simulator.use({ answer: error });
    const { json } = await ask('/v1/messages', {
      model: RESPONSES_MODEL,
      max_tokens: 10,
      messages: [{ role: 'user', content: 'hello' }],
    });
    expect(asObject(json['error'])?.['message']).toMatch(/prompt is too long/);
    const own = await respond(RESPONSES_MODEL);
    expect(own.error).toMatchObject({ code: 'context_length_exceeded' });
  });
});
