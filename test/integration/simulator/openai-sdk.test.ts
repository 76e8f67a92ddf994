import type OpenAI from 'openai';
import { startSimulator, type Simulator } from '../../../src/embedded/simulator/simulator.js';
import { ONE_PIXEL_PNG, openaiClient, openaiV6Client, WEATHER_SCHEMA } from './clients.js';

let simulator: Simulator;
beforeAll(async () => (simulator = await startSimulator()));
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

const ask = (text: string): OpenAI.ChatCompletionCreateParamsNonStreaming => ({
  model: 'gpt-4.1-mini',
  messages: [{ role: 'user', content: text }],
});
const weatherTool: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: { name: 'get_weather', parameters: WEATHER_SCHEMA },
};

const usageSeen = (usage: OpenAI.CompletionUsage | undefined) => ({
  input: (usage?.prompt_tokens ?? 0) - (usage?.prompt_tokens_details?.cached_tokens ?? 0),
  cacheRead: usage?.prompt_tokens_details?.cached_tokens,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: usage?.completion_tokens,
  reasoning: usage?.completion_tokens_details?.reasoning_tokens,
});

describe.each([
  ['openai 7', () => openaiClient(simulator)],
  ['openai 6', () => openaiV6Client(simulator) as unknown as OpenAI],
])('the unmodified SDK %s', (_name, client) => {
  it('reads an answer that echoes the question, with the usage the journal holds', async () => {
    const completion = await client().chat.completions.create(ask('hello there'));
    expect(completion.id).toMatch(/^chatcmpl-\w{29}$/);
    expect(completion.choices[0]?.message.content).toContain('You said: "hello there".');
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    const [entry] = simulator.journal;
    expect(entry?.answer).toMatchObject({
      status: 200,
      finished: 'complete',
      framesSent: 1,
      streamed: false,
    });
    expect(entry?.answer.usage).toEqual(usageSeen(completion.usage));
    expect(entry?.answer.usage?.input).toBe(Math.ceil('hello there'.length / 4));
  });

  it('assembles from a stream what it reads without one', async () => {
    const whole = await client().chat.completions.create(ask('tell me something'));
    const stream = client().chat.completions.stream({
      ...ask('tell me something'),
      stream: true,
      stream_options: { include_usage: true },
    });
    const streamed = await stream.finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(streamed.usage).toEqual(whole.usage);
    expect(simulator.journal[1]?.answer).toMatchObject({ streamed: true, finished: 'complete' });
    expect(simulator.journal[1]?.answer.usage).toEqual(usageSeen(streamed.usage));
  });

  it('gets no usage from a stream that did not ask for it', async () => {
    await client()
      .chat.completions.stream({ ...ask('hi'), stream: true })
      .done();
    expect(simulator.journal[0]?.answer.usage).toBeNull();
    expect(simulator.journal[0]?.answer.modelUsage?.input).toBe(1);
  });

  it('runs a tool round trip, streamed', async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'user', content: 'What is the weather in Oslo?' },
    ];
    const base = { model: 'gpt-4.1-mini', tools: [weatherTool], stream: true as const };
    const first = await client()
      .chat.completions.stream({ ...base, messages })
      .finalChatCompletion();
    const message = first.choices[0]?.message;
    const call = message?.tool_calls?.[0] as OpenAI.ChatCompletionMessageFunctionToolCall;
    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    expect(call.function.name).toBe('get_weather');
    expect(JSON.parse(call.function.arguments)).toEqual({ city: 'Oslo' });
    messages.push(message as OpenAI.ChatCompletionMessageParam, {
      role: 'tool',
      tool_call_id: call.id,
      content: '-3 C',
    });
    const second = await client()
      .chat.completions.stream({ ...base, messages })
      .finalChatCompletion();
    expect(second.choices[0]?.message.content).toContain('The tool get_weather answered: "-3 C".');
  });

  it('turns a refusal of the vendor into its own error class', async () => {
    const failed = client().chat.completions.create({ model: 'gpt-4.1-mini', messages: [] });
    await expect(failed).rejects.toMatchObject({ status: 400, param: 'messages', code: 'empty_array' });
    expect(simulator.journal[0]?.answer.finished).toBe('refused');
  });
});

it('calls two tools at once only when parallel calls are allowed', async () => {
  const base = { ...ask('Call the weather tool for both Paris and Rome'), tools: [weatherTool] };
  const both = await openaiClient(simulator).chat.completions.create(base);
  const one = await openaiClient(simulator).chat.completions.create({ ...base, parallel_tool_calls: false });
  const cities = both.choices[0]?.message.tool_calls?.map(
    (call) => call.type === 'function' && call.function.arguments,
  );
  expect(cities).toEqual(['{"city":"Paris"}', '{"city":"Rome"}']);
  expect(one.choices[0]?.message.tool_calls).toHaveLength(1);
});

it('counts the images and files it was sent', async () => {
  const url = `data:image/png;base64,${ONE_PIXEL_PNG}`;
  const { choices } = await openaiClient(simulator).chat.completions.create({
    model: 'gpt-4.1-mini',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image_url', image_url: { url } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
        ],
      },
    ],
  });
  expect(choices[0]?.message.content).toContain('I received 2 images (image/png, 70 bytes; url).');
  expect(choices[0]?.message.content).toContain('I received 1 document (application/pdf, 5 bytes).');
  expect(simulator.journal[0]?.answer.usage?.input).toBe(1 + 3 * 85);
});

it('ends at the token limit, at a stop sequence, and in a refusal as OpenAI does', async () => {
  const client = openaiClient(simulator);
  const cut = await client.chat.completions.create({ ...ask('count 400 words'), max_completion_tokens: 20 });
  expect(cut.choices[0]?.finish_reason).toBe('length');
  expect(cut.usage?.completion_tokens).toBe(20);
  expect(cut.choices[0]?.message.content).toHaveLength(80);
  const stopped = await client.chat.completions.create({ ...ask('alpha beta'), stop: ['beta'] });
  expect(stopped.choices[0]).toMatchObject({
    finish_reason: 'stop',
    message: { content: 'You said: "alpha ' },
  });
  const refused = await client.chat.completions.create(ask('refuse please'));
  expect(refused.choices[0]?.message).toMatchObject({
    content: null,
    refusal: expect.stringContaining('not able'),
  });
});

it('answers n choices, with log probabilities, in one stream', async () => {
  const stream = openaiClient(simulator).chat.completions.stream({
    ...ask('two answers, please'),
    stream: true,
    n: 2,
    logprobs: true,
    top_logprobs: 2,
    stream_options: { include_usage: true },
  });
  const completion = await stream.finalChatCompletion();
  expect(completion.choices.map((choice) => choice.index)).toEqual([0, 1]);
  const texts = completion.choices.map((choice) => choice.message.content ?? '');
  const [first] = completion.choices;
  expect(first?.logprobs?.content?.map((entry) => entry.token).join('')).toBe(texts[0]);
  expect(first?.logprobs?.content?.[0]?.top_logprobs).toHaveLength(2);
  const tokens = texts.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
  expect(completion.usage?.completion_tokens).toBe(tokens);
});

it('shows reasoning text only for models that are not OpenAI’s own', async () => {
  const client = openaiClient(simulator);
  const own = await client.chat.completions.create({
    ...ask('think'),
    model: 'gpt-5.5',
    reasoning_effort: 'high',
  });
  const other = await client.chat.completions.create({
    ...ask('think'),
    model: 'deepseek-v4',
    reasoning_effort: 'high',
  });
  expect(own.choices[0]?.message).not.toHaveProperty('reasoning_content');
  expect(own.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
  expect(other.choices[0]?.message).toHaveProperty(
    'reasoning_content',
    expect.stringContaining('The user wrote "think"'),
  );
});

it('answers structured output with JSON that has the schema’s shape', async () => {
  const { choices } = await openaiClient(simulator).chat.completions.parse({
    ...ask('Name a city'),
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'city', strict: true, schema: WEATHER_SCHEMA },
    },
  });
  expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ city: 'Paris' });
});

it('reads a repeated prefix of more than 1,024 tokens from the cache', async () => {
  const long = ask('x'.repeat(6_000));
  const client = openaiClient(simulator);
  const first = await client.chat.completions.create(long);
  const again = await client.chat.completions.create({
    ...long,
    messages: [...long.messages, { role: 'user', content: 'and?' }],
  });
  expect(first.usage?.prompt_tokens_details?.cached_tokens).toBe(0);
  expect(again.usage?.prompt_tokens_details?.cached_tokens).toBe(Math.floor(1_500 / 128) * 128);
  expect(again.usage?.prompt_tokens).toBe(1_501);
});

it('embeds each text as a unit vector of its own', async () => {
  const input = ['one', 'two', 'one'];
  const { data, usage } = await openaiClient(simulator).embeddings.create({
    model: 'embed',
    input,
    dimensions: 64,
  });
  const [one, two, again] = data.map((item) => item.embedding);
  expect(again).toEqual(one);
  expect(two).not.toEqual(one);
  expect(Math.hypot(...(one ?? []))).toBeCloseTo(1, 5);
  expect(simulator.journal[0]?.answer.usage).toMatchObject({ input: usage.prompt_tokens, output: 0 });
});

it('refuses a missing or foreign key, and never writes a whole key down', async () => {
  const wrong = openaiClient(simulator, 'fg_live_secret1234').models.list();
  await expect(wrong).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  expect(simulator.journal[0]?.headers.authorization).toBe('…1234');
  const models = await openaiClient(simulator).models.list();
  expect(models.data.map((model) => model.id)).toContain('gpt-5.5');
});

it.each([
  ['no model', { messages: [{ role: 'user', content: 'x' }] }, 'model'],
  [
    'a tool_choice without tools',
    { model: 'm', messages: [{ role: 'user', content: 'x' }], tool_choice: 'required' },
    'tool_choice',
  ],
  [
    'a temperature over 2',
    { model: 'm', messages: [{ role: 'user', content: 'x' }], temperature: 3 },
    'temperature',
  ],
  [
    'a tool message that answers no call',
    { model: 'm', messages: [{ role: 'tool', tool_call_id: 'a', content: 'x' }] },
    'tool_calls',
  ],
  ['an unknown role', { model: 'm', messages: [{ role: 'robot', content: 'x' }] }, 'Supported values'],
])('refuses %s with OpenAI’s 400', async (_name, body, words) => {
  const failed = openaiClient(simulator).chat.completions.create(body as never);
  await expect(failed).rejects.toMatchObject({ status: 400, message: expect.stringContaining(words) });
});
