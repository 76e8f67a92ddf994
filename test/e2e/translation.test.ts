import Anthropic from '@anthropic-ai/sdk';
import { asObject, type JsonObject } from '../../src/core/json.js';
import { untilSettled } from '../support/calls.js';
import { CHAT_MODEL, GEMINI_MODEL, MESSAGES_MODEL, RESPONSES_MODEL } from '../support/gateway.js';
import { WEATHER_SCHEMA } from '../support/samples.js';
import { chunksOf, eventsOf, send, Statements, type WireAnswer } from '../support/statements.js';

const HELLO = [{ role: 'user', content: 'Explain attention in one sentence.' }];
const chat = (more: JsonObject = {}): JsonObject => ({
  model: MESSAGES_MODEL,
  messages: HELLO,
  max_tokens: 500,
  ...more,
});
const messages = (more: JsonObject = {}): JsonObject => ({
  model: CHAT_MODEL,
  messages: HELLO,
  max_tokens: 500,
  ...more,
});
const warningsOf = ({ headers }: WireAnswer): string => headers.get('x-faregate-warnings') ?? '';

describe('a request whose caller and upstream speak different languages', () => {
  let world: Statements;
  beforeAll(async () => {
    world = await Statements.start('standard');
  });
  afterAll(() => world.close());
  beforeEach(() => world.begin());

  const strict = (path: string, body: JsonObject): Promise<WireAnswer> =>
    send(world.customer, path, body, {
      authorization: `Bearer ${world.customer.secret}`,
      'x-faregate-strict': 'true',
    });
  const holds = async (): Promise<number> => {
    await untilSettled(world.gateway);
    const { rows } = await world.gateway.pool.query<{ count: number }>(
      'select count(*)::int as count from request',
    );
    return rows[0]?.count ?? 0;
  };

  it('rows 34 and 48: what the upstream cannot carry is named in warning and header, in printable characters', async () => {
    const answer = await world.chat(chat({ logit_bias: { '5': 1 }, prompt_cache_key: 'k', user: 'ü' }));
    expect(answer.status).toBe(200);
    expect(answer.json['warning']).toMatch(/logit_bias.*prompt_cache_key|prompt_cache_key.*logit_bias/);
    expect(warningsOf(answer)).toMatch(/^[\x20-\x7e]+$/);
    expect(warningsOf(answer)).toContain('prompt_cache_key was dropped');
    const other = await world.messages(messages({ context_management: { edits: [] } }));
    expect([other.status, warningsOf(other)]).toEqual([
      200,
      expect.stringContaining('context_management was dropped'),
    ]);
  });

  it('row 48: a strict caller is refused in its own dialect instead, by field, before anything is held', async () => {
    const before = await holds();
    expect(await strict('/v1/chat/completions', chat({ prompt_cache_key: 'k' }))).toMatchObject({
      status: 400,
      json: {
        error: { type: 'invalid_request_error', param: 'prompt_cache_key', code: 'request_not_lossless' },
      },
    });
    expect(await strict('/v1/messages', messages({ context_management: { edits: [] } }))).toMatchObject({
      status: 400,
      json: {
        error: { type: 'invalid_request_error', message: expect.stringContaining('context_management') },
      },
    });
    expect(
      await strict('/v1/chat/completions', chat({ model: CHAT_MODEL, previous_response_id: 'r' })),
    ).toMatchObject({
      status: 400,
      json: { error: { param: 'previous_response_id' } },
    });
    expect([world.calls, await holds()]).toEqual([0, before]);
    for (const [path, body] of [
      ['/v1/chat/completions', chat()],
      ['/v1/messages', messages()],
    ] as const) {
      expect((await strict(path, body)).status).toBe(200);
    }
  });

  it('row 33: several answers of a model that gives one are asked for one by one, never ignored', async () => {
    const { status, json } = await world.chat(chat({ n: 2 }));
    expect([status, (json['choices'] as JsonObject[]).map(({ index }) => index)]).toEqual([200, [0, 1]]);
    expect(world.calls).toBe(2);
  });

  it('row 52: audio that the upstream cannot hear is a 400 that names the messages', async () => {
    const content = [{ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } }];
    expect(await world.chat(chat({ messages: [{ role: 'user', content }] }))).toMatchObject({
      status: 400,
      json: { error: { type: 'invalid_request_error', param: 'messages' } },
    });
    expect(world.calls).toBe(0);
  });

  it("row 72: a prompt that is too long is told in the words of the caller's protocol", async () => {
    const openai =
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130021 tokens.";
    world.gateway.simulator.use({
      times: 1,
      answer: {
        kind: 'error',
        status: 400,
        message: openai,
        code: 'context_length_exceeded',
        param: 'messages',
      },
    });
    expect(await world.messages(messages())).toMatchObject({
      status: 400,
      json: {
        error: {
          type: 'invalid_request_error',
          message: 'prompt is too long: 130021 tokens > 128000 maximum',
        },
      },
    });
    world.gateway.simulator.use({
      times: 1,
      answer: { kind: 'error', status: 400, message: 'prompt is too long: 215000 tokens > 200000 maximum' },
    });
    expect(await world.chat(chat())).toMatchObject({
      status: 400,
      json: {
        error: {
          code: 'context_length_exceeded',
          message: expect.stringMatching(
            /^This model's maximum context length is 200000 tokens.*215000 tokens/,
          ),
        },
      },
    });
  });

  it.each([false, true])(
    'row 12: a tool is called by the name its caller gave it (streamed: %s)',
    async (stream) => {
      const name = 'weather.get_current:v2';
      const { json, text } = await world.chat(
        chat({
          stream,
          tools: [{ type: 'function', function: { name, parameters: WEATHER_SCHEMA } }],
          tool_choice: 'required',
        }),
      );
      const [sent] = world.sent['tools'] as JsonObject[];
      expect(sent?.['name']).toMatch(/^weather_get_current_v2_[0-9a-f]{8}$/);
      const seen = stream ? JSON.stringify(chunksOf(text)) : JSON.stringify(json);
      expect(seen).toContain(`"name":"${name}"`);
      expect(seen).not.toContain(String(sent?.['name']));
    },
  );

  it('row 2: an instruction in the middle stays where it is', async () => {
    const turns = [
      { role: 'user', content: 'a' },
      { role: 'system', content: 'late' },
    ];
    await world.messages(messages({ messages: turns }));
    expect(world.sent['messages']).toEqual(turns);
    await world.chat(chat({ messages: turns }));
    expect(world.sent['messages']).toEqual(turns);
  });

  it('row 48: anthropic-beta goes to Messages byte for byte, and to nobody else', async () => {
    const beta = 'claude-code-20250219,interleaved-thinking-2025-05-14, context-management-2025-06-27';
    const headers = { 'x-api-key': world.customer.secret, 'anthropic-beta': beta };
    await send(world.customer, '/v1/messages?beta=true', messages({ model: MESSAGES_MODEL }), headers);
    expect(world.gateway.simulator.journal.at(-1)?.headers['anthropic-beta']).toBe(beta);
    await send(world.customer, '/v1/messages?beta=true', messages(), headers);
    expect(world.gateway.simulator.journal.at(-1)?.headers['anthropic-beta']).toBeUndefined();
  });

  it.each([
    ['Chat Completions', CHAT_MODEL],
    ['Messages', MESSAGES_MODEL],
  ])("row 49: the SDK's stateful tool runner keeps its conversation (over %s)", async (_name, model) => {
    const refused = await world.messages(
      messages({ model, thread: { type: 'continue', previous_message_id: 'm' } }),
    );
    expect(refused).toMatchObject({
      status: 400,
      json: { error: { details: { error_code: 'thread_not_found' } } },
    });
    const client = new Anthropic({
      apiKey: world.customer.secret,
      baseURL: world.customer.url,
      maxRetries: 0,
    });
    const final = await client.beta.messages.toolRunner({
      model,
      max_tokens: 500,
      messages: [{ role: 'user', content: 'Call get_weather for Lima.' }],
      tools: [
        {
          name: 'get_weather',
          input_schema: WEATHER_SCHEMA,
          run: () => 'Sunny in Lima.',
          parse: (input: unknown) => input,
        },
      ],
      tool_choice: { type: 'auto' },
      max_iterations: 3,
    });
    expect(final.stop_reason).toBe('end_turn');
    expect(world.sent['thread']).toBeUndefined();
    expect(JSON.stringify(world.sent['messages'])).toMatch(/Call get_weather.*Sunny in Lima/);
  });

  it.each([CHAT_MODEL, RESPONSES_MODEL, GEMINI_MODEL])(
    'rows 38 and 42: a tool loop that %s began goes on at a Claude model with a thinking budget',
    async (model) => {
      const question = { role: 'user', content: 'Call get_weather for Lima.' };
      const loop = messages({
        max_tokens: 4_000,
        thinking: { type: 'enabled', budget_tokens: 1_024 },
        tools: [{ name: 'get_weather', input_schema: WEATHER_SCHEMA }],
      });
      const { json } = await world.messages({ ...loop, model, messages: [question] });
      const content = json['content'] as JsonObject[];
      const results = content
        .filter(({ type }) => type === 'tool_use')
        .map(({ id = '' }) => ({ type: 'tool_result', tool_use_id: id, content: 'Sunny.' }));
      const history = [question, { role: 'assistant', content }, { role: 'user', content: results }];
      const answer = await world.messages({ ...loop, model: MESSAGES_MODEL, messages: history });
      expect([answer.status, answer.json['stop_reason']]).toEqual([200, 'end_turn']);
      expect(world.sent['thinking']).toEqual({ type: 'disabled' });
      expect(warningsOf(answer)).toContain('reasoning was dropped');
    },
  );

  it('row 59: a stream of Chat reaches a client of Messages in order', async () => {
    const { text } = await world.messages(messages({ stream: true }));
    const types = eventsOf(text).map(({ type }) => type);
    expect(types[0]).toBe('message_start');
    expect(types.slice(-2)).toEqual(['message_delta', 'message_stop']);
    const start = asObject(asObject(eventsOf(text)[0]?.['message'])?.['usage']);
    expect(start).toMatchObject({ output_tokens: 0 });
    expect(Number(start?.['input_tokens'])).toBeGreaterThan(0);
  });
});
