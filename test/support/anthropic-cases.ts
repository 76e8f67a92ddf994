import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import { CatalogService } from '../../src/catalog/catalog.service.js';
import { refusalCases } from './anthropic-refusals.js';
import { ask, type Params, type Stage } from './anthropic-stage.js';
import { ChargeWatch } from './charges.js';
import {
  CHAT_MODEL,
  GEMINI_MODEL,
  MESSAGES_MODEL,
  serveModel,
  startGateway,
  UPSTREAM_MODELS,
} from './gateway.js';
import { ONE_PIXEL_PNG } from './samples.js';

const CITY = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;

const weatherTool = { name: 'get_weather', input_schema: CITY } as unknown as Anthropic.Tool;

const textOf = (message: { content: { type: string }[] }): string =>
  message.content.map((block) => (block.type === 'text' ? (block as Anthropic.TextBlock).text : '')).join('');

/** The content without signatures, which are made anew in every answer. */
const unsigned = (message: Anthropic.Message) =>
  message.content.map((block) => (block.type === 'thinking' ? { ...block, signature: '' } : block));

const usesOf = (message: Anthropic.Message): Anthropic.ToolUseBlock[] =>
  message.content.filter((block) => block.type === 'tool_use');

/** Everything an application does with the unmodified SDK, over each upstream protocol. */
export function describeAnthropicSdk(): void {
  const stage = {} as Stage;
  beforeAll(async () => {
    stage.gateway = await startGateway();
    const { url, secret } = stage.gateway;
    stage.client = new Anthropic({ apiKey: secret, baseURL: url, maxRetries: 0 });
    stage.watch = new ChargeWatch(stage.gateway);
  });
  afterAll(() => stage.gateway.close());
  beforeEach(() => stage.watch.begin());
  afterEach(() => stage.watch.expectExact());

  describe.each(UPSTREAM_MODELS)('over %s', (_protocol, model) => {
    textCases(stage, model);
    streamCases(stage, model);
    toolCases(stage, model);
    helperCases(stage, model);
    limitCases(stage, model);
    upstreamErrorCases(stage, model);
  });
  thinkingCases(stage);
  openReasoningCases(stage);
  cacheCases(stage);
  refusalCases(stage);
}

function textCases(stage: Stage, model: string): void {
  it('reads an answer with the canonical model, the usage and the price', async () => {
    const { data, response } = await stage.client.messages
      .create(ask(model, 'hello there', { system: 'Be brief.' }))
      .withResponse();
    expect(data).toMatchObject({ type: 'message', role: 'assistant', model, stop_reason: 'end_turn' });
    expect(data).toMatchObject({ id: expect.stringMatching(/^msg_\w+$/), stop_sequence: null });
    expect(textOf(data)).toContain('You said: "hello there".');
    const { usage } = stage.gateway.simulator.journal[0]?.answer ?? {};
    expect(data.usage).toMatchObject({ input_tokens: usage?.input, output_tokens: usage?.output });
    expect(response.headers.get('x-faregate-model')).toBe(model);
    const [booked] = await stage.watch.booked();
    expect(response.headers.get('x-faregate-cost')?.replace('.', '').replace(/^0+/, '')).toBe(
      booked?.charged,
    );
    expect(JSON.stringify(stage.gateway.simulator.journal[0]?.body)).toContain('Be brief.');
  });

  it('carries several turns and instructions in blocks', async () => {
    const messages: Anthropic.MessageParam[] = [
      { role: 'user', content: 'first' },
      { role: 'assistant', content: [{ type: 'text', text: 'ok' }] },
      { role: 'user', content: 'second' },
    ];
    const system: Anthropic.TextBlockParam[] = [
      { type: 'text', text: 'Rule one.' },
      { type: 'text', text: 'Rule two.', cache_control: { type: 'ephemeral' } },
    ];
    const message = await stage.client.messages.create(ask(model, '', { messages, system }));
    expect(textOf(message)).toContain('You said: "second".');
    const body = JSON.stringify(stage.gateway.simulator.journal[0]?.body);
    for (const words of ['Rule one.', 'Rule two.', 'first', 'ok', 'second']) expect(body).toContain(words);
  });

  it('sends an image in base64', async () => {
    const source = { type: 'base64' as const, media_type: 'image/png' as const, data: ONE_PIXEL_PNG };
    const message = await stage.client.messages.create(
      ask(model, [
        { type: 'image', source },
        { type: 'text', text: 'look' },
      ]),
    );
    expect(textOf(message)).toContain('I received 1 image (image/png, 70 bytes).');
  });

  it('gets JSON of a schema, parsed by the helper', async () => {
    const message = await stage.client.messages.parse({
      ...ask(model, 'Name a city'),
      output_config: { format: jsonSchemaOutputFormat(CITY) },
    });
    expect(message.parsed_output).toEqual({ city: 'Paris' });
  });
}

function streamCases(stage: Stage, model: string): void {
  it('iterates the events of a stream in their order', async () => {
    const stream = await stage.client.messages.create({ ...ask(model, 'tell me'), stream: true });
    const events: Anthropic.RawMessageStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    const types = events.map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(['message_start', 'content_block_start']);
    expect(types.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
    const start = events[0] as Anthropic.RawMessageStartEvent;
    expect(start.message).toMatchObject({ model, stop_reason: null, content: [] });
    expect(start.message.usage.input_tokens).toBeGreaterThan(0);
    const { usage } = stage.gateway.simulator.journal[0]?.answer ?? {};
    expect(events.at(-2)).toMatchObject({
      usage: { input_tokens: usage?.input, output_tokens: usage?.output },
    });
  });

  it('assembles from a stream what it reads without one', async () => {
    const whole = await stage.client.messages.create(ask(model, 'tell me'));
    const stream = stage.client.messages.stream(ask(model, 'tell me'));
    const pieces: string[] = [];
    stream.on('text', (piece) => pieces.push(piece));
    const streamed = await stream.finalMessage();
    expect(unsigned(streamed)).toEqual(unsigned(whole));
    expect(pieces.join('')).toBe(textOf(whole));
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens);
    expect(streamed.usage.input_tokens).toBe(whole.usage.input_tokens);
    expect(streamed.stop_reason).toBe('end_turn');
  });
}

function toolCases(stage: Stage, model: string): void {
  it.each([false, true])('takes two tool calls and their results (streamed: %s)', async (streamed) => {
    const send = (messages: Anthropic.MessageParam[]) => {
      const params = ask(model, '', { messages, tools: [weatherTool] });
      return streamed
        ? stage.client.messages.stream(params).finalMessage()
        : stage.client.messages.create(params);
    };
    const question = {
      role: 'user' as const,
      content: 'Call the weather tool for both Paris and Rome',
    };
    const first = await send([question]);
    expect(first.stop_reason).toBe('tool_use');
    const uses = usesOf(first);
    expect(uses.map(({ name, input }) => ({ name, input }))).toEqual([
      { name: 'get_weather', input: { city: 'Paris' } },
      { name: 'get_weather', input: { city: 'Rome' } },
    ]);
    const results = uses.map(({ id }, index): Anthropic.ToolResultBlockParam => ({
      type: 'tool_result',
      tool_use_id: id,
      content: index === 0 ? '18 C' : [{ type: 'text', text: '21 C' }],
    }));
    const second = await send([
      question,
      { role: 'assistant', content: first.content },
      { role: 'user', content: results },
    ]);
    expect(second.stop_reason).toBe('end_turn');
    expect(textOf(second)).toContain(
      'The tool get_weather answered: "18 C". The tool get_weather answered: "21 C".',
    );
  });

  it('is held to one call, to none, or to a named tool', async () => {
    const other = { ...weatherTool, name: 'get_time' };
    const content = 'Call the weather tool for both Paris and Rome';
    const create = (more: Partial<Params>, text = content) =>
      stage.client.messages.create(ask(model, text, { tools: [weatherTool, other], ...more }));
    const single = { type: 'auto' as const, disable_parallel_tool_use: true };
    const params = ask(model, content, { tools: [weatherTool], tool_choice: single });
    const { data: one, response } = await stage.client.messages.create(params).withResponse();
    // Gemini cannot be held to one call, and says so (row 22).
    if (model === GEMINI_MODEL)
      expect(response.headers.get('x-faregate-warnings')).toContain('parallel_tool_calls was dropped');
    else expect(usesOf(one)).toHaveLength(1);
    expect(usesOf(await create({ tool_choice: { type: 'none' } }))).toEqual([]);
    const named = await create({ tool_choice: { type: 'tool', name: 'get_time' } }, 'hi');
    expect(usesOf(named).map(({ name }) => name)).toEqual(['get_time']);
    expect(usesOf(await create({ tool_choice: { type: 'any' } }, 'hi'))).not.toEqual([]);
  });
}

function helperCases(stage: Stage, model: string): void {
  it.each([false, true])('runs its tools until the answer (streamed: %s)', async (stream) => {
    const asked: string[] = [];
    const tool = betaTool({
      name: 'get_weather',
      description: 'Weather of a city',
      inputSchema: CITY,
      run: ({ city }) => {
        asked.push(city);
        return `-3 C in ${city}`;
      },
    });
    const messages = [{ role: 'user' as const, content: 'What is the weather in Oslo?' }];
    const base = { model, max_tokens: 500, messages, tools: [tool] };
    // The runner first tries a conversation kept on the server and goes on without one when told to.
    const message = await stage.client.beta.messages.toolRunner({ ...base, stream }).runUntilDone();
    expect(textOf(message)).toContain('answered: "-3 C in Oslo".');
    expect(asked).toEqual(['Oslo']);
    expect(stage.gateway.simulator.journal).toHaveLength(2);
  });
}

function limitCases(stage: Stage, model: string): void {
  it('ends at the token limit and at a stop sequence', async () => {
    const cut = await stage.client.messages.create(ask(model, 'count 400 words', { max_tokens: 20 }));
    expect(cut).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 20 } });
    const stopped = await stage.client.messages.create(
      ask(model, 'alpha beta', { stop_sequences: ['beta'] }),
    );
    expect(textOf(stopped)).toBe('You said: "alpha ');
  });

  it('reads a refusal', async () => {
    const refused = await stage.client.messages.stream(ask(model, 'refuse please')).finalMessage();
    expect(refused.stop_reason).toBe('refusal');
  });
}

function upstreamErrorCases(stage: Stage, model: string): void {
  it('turns refusals of the upstream into its own error classes', async () => {
    const { simulator } = stage.gateway;
    simulator.use({ times: 1, answer: { kind: 'error', status: 400, message: 'top_k: bad' } });
    const bad = stage.client.messages.create(ask(model, 'x'));
    await expect(bad).rejects.toBeInstanceOf(Anthropic.BadRequestError);
    await expect(bad).rejects.toMatchObject({ message: expect.stringContaining('top_k: bad') });
    simulator.use({ times: 3, answer: { kind: 'error', status: 503 } });
    const busy = stage.client.messages.create(ask(model, 'x'));
    await expect(busy).rejects.toMatchObject({ status: 529, type: 'overloaded_error' });
  });

  it('waits and tries again where the upstream limits the rate, and pays once', async () => {
    const headers = { 'retry-after': '0' };
    stage.gateway.simulator.use({ times: 3, answer: { kind: 'error', status: 429, headers } });
    const { url, secret } = stage.gateway;
    const patient = new Anthropic({ apiKey: secret, baseURL: url, maxRetries: 1 });
    const message = await patient.messages.create(ask(model, 'again'));
    expect(message.stop_reason).toBe('end_turn');
    // Three refusals end the first call; the client's own second one is served.
    expect(stage.gateway.simulator.journal).toHaveLength(4);
  });

  it('throws its own error when a stream breaks in the middle, raw and through the helper', async () => {
    stage.gateway.simulator.use({ answer: { kind: 'model' }, pacing: { errorAfterFrames: 5 } });
    const whole = stage.client.messages.stream(ask(model, 'hello')).finalMessage();
    await expect(whole).rejects.toBeInstanceOf(Anthropic.APIError);
    const read = async () => {
      const stream = await stage.client.messages.create({ ...ask(model, 'hello'), stream: true });
      for await (const event of stream) expect(event.type).not.toBe('message_stop');
    };
    await expect(read()).rejects.toBeInstanceOf(Anthropic.APIError);
    for (const broken of await stage.watch.booked())
      expect(broken).toMatchObject({ status: 'failed', hold: 'released', charged: null });
    await stage.watch.begin();
  });
}

function thinkingCases(stage: Stage): void {
  it.each([false, true])(
    'replays signed thinking through a tool round trip (streamed: %s)',
    async (streamed) => {
      const thinking = { type: 'enabled' as const, budget_tokens: 1_024 };
      const base = ask(MESSAGES_MODEL, 'What is the weather in Oslo?', { tools: [weatherTool], thinking });
      const send = (params: Params) =>
        streamed ? stage.client.messages.stream(params).finalMessage() : stage.client.messages.create(params);
      const first = await send(base);
      expect(first.content.map(({ type }) => type)).toEqual(['thinking', 'tool_use']);
      const [thought, use] = first.content as [Anthropic.ThinkingBlock, Anthropic.ToolUseBlock];
      expect(thought.signature).not.toBe('');
      const turns = (content: Anthropic.ContentBlockParam[]): Anthropic.MessageParam[] => [
        ...base.messages,
        { role: 'assistant', content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: '-3 C' }] },
      ];
      const second = await send({ ...base, messages: turns(first.content) });
      expect(textOf(second)).toContain('answered: "-3 C"');
      const forged = send({ ...base, messages: turns([{ ...thought, thinking: 'Something else.' }, use]) });
      await expect(forged).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining('Invalid `signature`'),
      });
    },
  );

  it('asks a model behind Chat Completions to reason, and pays for it', async () => {
    const thinking = { type: 'enabled' as const, budget_tokens: 1_024 };
    const message = await stage.client.messages.create(ask(CHAT_MODEL, 'think', { thinking }));
    expect(message.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0);
  });
}

/** A vendor behind Chat Completions that shows its reasoning, unsigned, and wants it back with tool results. */
function openReasoningCases(stage: Stage): void {
  const model = 'deepseek/deepseek-v4';
  beforeAll(async () => {
    const { pool, simulator, api } = stage.gateway;
    const baseUrl = `${simulator.baseUrl}/v1`;
    const served = { id: model, upstreamModel: 'deepseek-v4', adapter: 'deepseek' };
    await serveModel(pool, { ...served, protocol: 'openai-chat', baseUrl });
    await api.app.get(CatalogService).refresh();
  });

  it.each([false, true])(
    'reads open reasoning as thinking and gives it back (streamed: %s)',
    async (streamed) => {
      const thinking = { type: 'enabled' as const, budget_tokens: 1_024 };
      const base = ask(model, 'What is the weather in Oslo?', { tools: [weatherTool], thinking });
      const send = (params: Params) =>
        streamed ? stage.client.messages.stream(params).finalMessage() : stage.client.messages.create(params);
      const first = await send(base);
      expect(first.content.map(({ type }) => type)).toEqual(['thinking', 'tool_use']);
      const [thought, use] = first.content as [Anthropic.ThinkingBlock, Anthropic.ToolUseBlock];
      expect(thought.thinking).toContain('The user wrote');
      const second = await send({
        ...base,
        messages: [
          ...base.messages,
          { role: 'assistant', content: first.content },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: '-3 C' }] },
        ],
      });
      expect(textOf(second)).toContain('answered: "-3 C"');
      expect(stage.gateway.simulator.journal[1]?.body).toMatchObject({
        messages: [{ role: 'user' }, { reasoning_content: thought.thinking }, { role: 'tool' }],
      });
    },
  );
}

function cacheCases(stage: Stage): void {
  it('pays writes to and reads from the prompt cache at their own prices', async () => {
    const system: Anthropic.TextBlockParam[] = [
      { type: 'text', text: 'a'.repeat(4_000), cache_control: { type: 'ephemeral', ttl: '1h' } },
      { type: 'text', text: 'b'.repeat(400), cache_control: { type: 'ephemeral' } },
    ];
    const written = await stage.client.messages.create(ask(MESSAGES_MODEL, '12345678', { system }));
    expect(written.usage).toMatchObject({
      input_tokens: 2,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 1_000 },
    });
    const read = await stage.client.messages.stream(ask(MESSAGES_MODEL, 'more', { system })).finalMessage();
    expect(read.usage).toMatchObject({ input_tokens: 1, cache_read_input_tokens: 1_100 });
    const [first, second] = await stage.watch.booked();
    expect(first).toMatchObject({ cache_write_5m: '100', cache_write_1h: '1000', cache_read: '0' });
    expect(second).toMatchObject({ cache_write_5m: '0', cache_write_1h: '0', cache_read: '1100' });
  });

  it('pays what a model behind Chat Completions read from its cache at that price', async () => {
    const long = { role: 'user' as const, content: 'x'.repeat(6_000) };
    const send = (messages: Anthropic.MessageParam[]) =>
      stage.client.messages.create(ask(CHAT_MODEL, '', { messages }));
    await send([long]);
    const again = await send([long, { role: 'assistant', content: 'ok' }, { role: 'user', content: 'and?' }]);
    expect(again.usage).toMatchObject({ cache_read_input_tokens: 1_408 });
  });
}
