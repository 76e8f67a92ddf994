import type OpenAI from 'openai';
import type { RunnableToolFunctionWithParse } from 'openai/lib/RunnableFunction';
import { ChargeWatch } from './charges.js';
import { addCustomer } from './customers.js';
import { CHAT_MODEL, GEMINI_MODEL, MESSAGES_MODEL, startGateway, UPSTREAM_MODELS } from './gateway.js';
import { ask, limitCases, type Stage } from './openai-limit-cases.js';
import { ONE_PIXEL_PNG, WEATHER_SCHEMA } from './samples.js';

/** The class of either major version of the SDK, as `import OpenAI from …` gives it. */
export type OpenaiSdk = typeof OpenAI;

type Message = OpenAI.ChatCompletionMessageParam;

const weatherTool: OpenAI.ChatCompletionFunctionTool = {
  type: 'function',
  function: { name: 'get_weather', parameters: { ...WEATHER_SCHEMA } },
};

const callsOf = (message: OpenAI.ChatCompletionMessage | undefined) =>
  (message?.tool_calls ?? []) as OpenAI.ChatCompletionMessageFunctionToolCall[];

/** Everything an application does with the unmodified SDK, against a gateway over both upstream protocols. */
export function describeOpenaiSdk(name: string, Sdk: OpenaiSdk): void {
  describe(`the unmodified SDK ${name}`, () => {
    const stage = {} as Stage;
    beforeAll(async () => {
      stage.gateway = await startGateway();
      const { url, secret } = stage.gateway;
      stage.client = new Sdk({ apiKey: secret, baseURL: `${url}/v1`, maxRetries: 0 });
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
      upstreamErrorCases({ stage, Sdk, model });
    });
    choiceCases(stage);
    reasoningCases(stage);
    refusalCases(stage, Sdk);
  });
}

function textCases(stage: Stage, model: string): void {
  it('reads an answer under one id, with the canonical model and the price', async () => {
    const { data, response } = await stage.client.chat.completions
      .create(ask(model, 'hello there'))
      .withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      model,
      id: expect.stringMatching(/^gen-\d+-\w+$/),
    });
    expect(data.choices[0]).toMatchObject({ index: 0, finish_reason: 'stop' });
    expect(data.choices[0]?.message.content).toContain('You said: "hello there".');
    const { input, output } = stage.gateway.simulator.journal[0]?.answer.usage ?? { input: 0, output: 0 };
    expect(data.usage).toMatchObject({ prompt_tokens: input, completion_tokens: output });
    expect(data.usage?.total_tokens).toBe(input + output);
    expect(response.headers.get('x-faregate-model')).toBe(model);
    const [booked] = await stage.watch.booked();
    expect(response.headers.get('x-faregate-cost')?.replace('.', '').replace(/^0+/, '')).toBe(
      booked?.charged,
    );
  });

  it('carries instructions and several turns', async () => {
    const messages: Message[] = [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'ok' },
      { role: 'user', content: [{ type: 'text', text: 'second' }] },
    ];
    const { choices } = await stage.client.chat.completions.create({ ...ask(model, ''), messages });
    expect(choices[0]?.message.content).toContain('You said: "second".');
    const body = JSON.stringify(stage.gateway.simulator.journal[0]?.body);
    for (const words of ['Be brief.', 'first', 'ok', 'second']) expect(body).toContain(words);
  });

  it('sends an image as a data URL', async () => {
    const url = `data:image/png;base64,${ONE_PIXEL_PNG}`;
    const { choices } = await stage.client.chat.completions.create(
      ask(model, [
        { type: 'text', text: 'look' },
        { type: 'image_url', image_url: { url } },
      ]),
    );
    expect(choices[0]?.message.content).toContain('I received 1 image (image/png, 70 bytes).');
  });

  it('gets JSON of a schema, parsed by the helper', async () => {
    const json_schema = { name: 'city', strict: true, schema: { ...WEATHER_SCHEMA } };
    const { choices } = await stage.client.chat.completions.parse({
      ...ask(model, 'Name a city'),
      response_format: { type: 'json_schema', json_schema },
    });
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ city: 'Paris' });
  });
}

function streamCases(stage: Stage, model: string): void {
  it('iterates a stream: one id, the role first, one usage at the end', async () => {
    const stream = await stage.client.chat.completions.create({ ...ask(model, 'tell me'), stream: true });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(new Set(chunks.map(({ id, created, model: named }) => `${id} ${created} ${named}`)).size).toBe(1);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    expect(text).toContain('You said: "tell me".');
    expect(chunks.filter(({ usage }) => usage)).toEqual([chunks.at(-1)]);
    const { usage } = stage.gateway.simulator.journal[0]?.answer ?? {};
    expect(chunks.at(-1)?.usage).toMatchObject({ completion_tokens: usage?.output });
  });

  it('assembles from a stream what it reads without one', async () => {
    const whole = await stage.client.chat.completions.create(ask(model, 'tell me'));
    const streamed = await stage.client.chat.completions
      .stream({ ...ask(model, 'tell me'), stream: true, stream_options: { include_usage: true } })
      .finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(streamed.choices[0]?.finish_reason).toBe('stop');
    expect(streamed.usage).toEqual(whole.usage);
  });

  it('parses structured output in a stream', async () => {
    const json_schema = { name: 'city', strict: true, schema: { ...WEATHER_SCHEMA } };
    const streamed = await stage.client.chat.completions
      .stream({
        ...ask(model, 'Name a city'),
        stream: true,
        response_format: { type: 'json_schema', json_schema },
      })
      .finalContent();
    expect(JSON.parse(streamed ?? '')).toEqual({ city: 'Paris' });
  });
}

function toolCases(stage: Stage, model: string): void {
  it.each([false, true])('takes two tool calls and their results (streamed: %s)', async (streamed) => {
    const { completions } = stage.client.chat;
    const send = async (messages: Message[]) => {
      const params = { ...ask(model, ''), tools: [weatherTool], messages };
      return streamed
        ? completions.stream({ ...params, stream: true }).finalChatCompletion()
        : completions.create(params);
    };
    const question: Message = { role: 'user', content: 'Call the weather tool for both Paris and Rome' };
    const first = await send([question]);
    const message = first.choices[0]?.message as OpenAI.ChatCompletionMessage;
    const calls = callsOf(message);
    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    expect(calls.map((call) => JSON.parse(call.function.arguments) as unknown)).toEqual([
      { city: 'Paris' },
      { city: 'Rome' },
    ]);
    const results = calls.map((call, index): Message => ({
      role: 'tool',
      tool_call_id: call.id,
      content: index === 0 ? '18 C' : '21 C',
    }));
    const second = await send([question, message, ...results]);
    expect(second.choices[0]?.finish_reason).toBe('stop');
    expect(second.choices[0]?.message.content).toContain(
      'The tool get_weather answered: "18 C". The tool get_weather answered: "21 C".',
    );
  });

  it('is held to one call, to none, or to a named tool', async () => {
    const other: OpenAI.ChatCompletionTool = { type: 'function', function: { name: 'get_time' } };
    const base = {
      ...ask(model, 'Call the weather tool for both Paris and Rome'),
      tools: [weatherTool, other],
    };
    const single = { ...base, tools: [weatherTool], parallel_tool_calls: false };
    const { data: one, response } = await stage.client.chat.completions.create(single).withResponse();
    // Gemini cannot be held to one call, and says so (row 22).
    if (model === GEMINI_MODEL)
      expect(response.headers.get('x-faregate-warnings')).toContain('parallel_tool_calls was dropped');
    else expect(callsOf(one.choices[0]?.message)).toHaveLength(1);
    const none = await stage.client.chat.completions.create({ ...base, tool_choice: 'none' });
    expect(none.choices[0]?.message.tool_calls).toBeUndefined();
    const named = await stage.client.chat.completions.create({
      ...base,
      messages: [{ role: 'user', content: 'hi' }],
      tool_choice: { type: 'function', function: { name: 'get_time' } },
    });
    expect(callsOf(named.choices[0]?.message).map((call) => call.function.name)).toEqual(['get_time']);
  });
}

function helperCases(stage: Stage, model: string): void {
  it.each([false, true])('runs its tools until the answer (streamed: %s)', async (streamed) => {
    const asked: string[] = [];
    const tool: RunnableToolFunctionWithParse<{ city: string }> = {
      type: 'function',
      function: {
        name: 'get_weather',
        description: 'Weather of a city',
        parameters: { ...WEATHER_SCHEMA },
        parse: (text) => JSON.parse(text) as { city: string },
        function: ({ city }) => {
          asked.push(city);
          return `-3 C in ${city}`;
        },
      },
    };
    const base = { ...ask(model, 'What is the weather in Oslo?'), tools: [tool] };
    const { completions } = stage.client.chat;
    const runner = streamed ? completions.runTools({ ...base, stream: true }) : completions.runTools(base);
    expect(await runner.finalContent()).toContain('answered: "-3 C in Oslo".');
    expect(asked).toEqual(['Oslo']);
    expect(stage.gateway.simulator.journal).toHaveLength(2);
  });
}

function upstreamErrorCases({ stage, Sdk, model }: { stage: Stage; Sdk: OpenaiSdk; model: string }): void {
  it('turns a refusal of the upstream into its own error class', async () => {
    stage.gateway.simulator.use({ answer: { kind: 'error', status: 400, message: 'temperature: bad' } });
    const failed = stage.client.chat.completions.create(ask(model, 'x'));
    await expect(failed).rejects.toBeInstanceOf(Sdk.BadRequestError);
    await expect(failed).rejects.toMatchObject({ message: expect.stringContaining('temperature: bad') });
  });

  it('waits and tries again where the upstream limits the rate, and pays once', async () => {
    const headers = { 'retry-after': '0' };
    stage.gateway.simulator.use({ times: 3, answer: { kind: 'error', status: 429, headers } });
    const { url, secret } = stage.gateway;
    const patient = new Sdk({ apiKey: secret, baseURL: `${url}/v1`, maxRetries: 1 });
    const { choices } = await patient.chat.completions.create(ask(model, 'again'));
    expect(choices[0]?.finish_reason).toBe('stop');
    // Three refusals end the first call; the client's own second one is served.
    expect(stage.gateway.simulator.journal).toHaveLength(4);
  });

  it('throws its own error when a stream breaks in the middle', async () => {
    stage.gateway.simulator.use({ answer: { kind: 'model' }, pacing: { errorAfterFrames: 4 } });
    const whole = stage.client.chat.completions.stream({ ...ask(model, 'hello'), stream: true });
    await expect(whole.finalChatCompletion()).rejects.toBeInstanceOf(Sdk.APIError);
    const [broken] = await stage.watch.booked();
    expect(broken).toMatchObject({ status: 'failed', hold: 'released', charged: null });
    await stage.watch.begin();
  });
}

function choiceCases(stage: Stage): void {
  it('gets several answers over Chat Completions, streamed and whole, all of them paid', async () => {
    const params = { ...ask(CHAT_MODEL, 'two answers'), n: 2 };
    const whole = await stage.client.chat.completions.create(params);
    expect(whole.choices.map(({ index }) => index)).toEqual([0, 1]);
    const streamed = await stage.client.chat.completions
      .stream({ ...params, stream: true, stream_options: { include_usage: true } })
      .finalChatCompletion();
    expect(streamed.choices.map(({ message }) => message.content)).toEqual(
      whole.choices.map(({ message }) => message.content),
    );
    expect(streamed.usage).toEqual(whole.usage);
  });

  it('pays the cached price for a prefix that the upstream read from its cache', async () => {
    const long: Message = { role: 'user', content: 'x'.repeat(6_000) };
    const send = (messages: Message[]) =>
      stage.client.chat.completions.create({ ...ask(CHAT_MODEL, ''), messages });
    await send([long]);
    const again = await send([long, { role: 'user', content: 'and?' }]);
    expect(again.usage?.prompt_tokens_details?.cached_tokens).toBe(1_408);
  });
}

function reasoningCases(stage: Stage): void {
  it('replays signed reasoning of a Claude model through a tool round trip', async () => {
    const base = { model: MESSAGES_MODEL, max_tokens: 4_000, tools: [weatherTool] };
    const reasoning = { reasoning: { max_tokens: 1_024 } } as object;
    const question: Message = { role: 'user', content: 'What is the weather in Oslo?' };
    const first = await stage.client.chat.completions.create({ ...base, ...reasoning, messages: [question] });
    const message = first.choices[0]?.message as OpenAI.ChatCompletionMessage & {
      reasoning: string;
      reasoning_details: { signature: string; format: string }[];
    };
    expect(message.reasoning).toContain('The user wrote');
    expect(message.reasoning_details[0]).toMatchObject({
      format: 'anthropic-claude-v1',
      signature: expect.stringMatching(/.{8}/),
    });
    const result: Message = { role: 'tool', tool_call_id: callsOf(message)[0]?.id ?? '', content: '-3 C' };
    const messages = [question, message, result] as Message[];
    const second = await stage.client.chat.completions.create({ ...base, ...reasoning, messages });
    expect(second.choices[0]?.message.content).toContain('answered: "-3 C"');
    expect(second.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
  });
}

function refusalCases(stage: Stage, Sdk: OpenaiSdk): void {
  const client = (apiKey: string, more: object = {}) =>
    new Sdk({ apiKey, baseURL: `${stage.gateway.url}/v1`, maxRetries: 0, ...more });

  it('throws AuthenticationError for a wrong key', async () => {
    const failed = client('fg_live_wrong').chat.completions.create(ask(CHAT_MODEL, 'x'));
    await expect(failed).rejects.toBeInstanceOf(Sdk.AuthenticationError);
    await expect(failed).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  it('throws NotFoundError for an unknown model, BadRequestError for a bad field', async () => {
    const unknown = stage.client.chat.completions.create(ask('nobody/knows', 'x'));
    await expect(unknown).rejects.toBeInstanceOf(Sdk.NotFoundError);
    await expect(unknown).rejects.toMatchObject({ code: 'model_not_found', param: 'model' });
    const bad = stage.client.chat.completions.create({ ...ask(CHAT_MODEL, 'x'), temperature: 3 });
    await expect(bad).rejects.toBeInstanceOf(Sdk.BadRequestError);
    await expect(bad).rejects.toMatchObject({ param: 'temperature' });
  });

  it('does not try again when there is no money', async () => {
    const poor = await addCustomer(stage.gateway, { balanceNano: 0n });
    let sent = 0;
    const counting: typeof fetch = (...request) => {
      sent++;
      return fetch(...request);
    };
    const failed = client(poor.secret, { maxRetries: 3, fetch: counting }).chat.completions.create(
      ask(CHAT_MODEL, 'x'),
    );
    await expect(failed).rejects.toMatchObject({ status: 402, code: 'insufficient_balance' });
    const error = (await failed.catch((thrown: unknown) => thrown)) as InstanceType<typeof Sdk.APIError>;
    expect(error.headers?.get('x-should-retry')).toBe('false');
    expect(sent).toBe(1);
  });

  it('throws RateLimitError while only calls in flight hold the balance', async () => {
    // Enough for one call of 300 output tokens, not for two.
    const narrow = await addCustomer(stage.gateway, { balanceNano: 7_000_000n });
    const { simulator } = stage.gateway;
    simulator.use({ times: 1, answer: { kind: 'model' }, pacing: { firstByteDelayMs: 300 } });
    const params = { ...ask(CHAT_MODEL, 'x'), max_completion_tokens: 300 };
    const first = client(narrow.secret).chat.completions.create(params);
    await simulator.until((journal) => journal.length === 1);
    const failed = client(narrow.secret).chat.completions.create(params);
    await expect(failed).rejects.toBeInstanceOf(Sdk.RateLimitError);
    await expect(failed).rejects.toMatchObject({ code: 'in_flight_budget_exhausted' });
    await expect(first).resolves.toHaveProperty('object', 'chat.completion');
  });

  it('lists the models and finds one', async () => {
    const { data } = await stage.client.models.list();
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining([CHAT_MODEL, MESSAGES_MODEL]));
    await expect(stage.client.models.retrieve(CHAT_MODEL)).resolves.toMatchObject({ object: 'model' });
  });
}
