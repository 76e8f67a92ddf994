import type Anthropic from '@anthropic-ai/sdk';
import { startSimulator, type Simulator } from '../../../src/embedded/simulator/simulator.js';
import { anthropicClient, ONE_PIXEL_PNG, WEATHER_SCHEMA } from './clients.js';

let simulator: Simulator;
let client: Anthropic;
beforeAll(async () => {
  simulator = await startSimulator();
  client = anthropicClient(simulator);
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

type Params = Anthropic.MessageCreateParamsNonStreaming;
const ask = (content: Anthropic.MessageParam['content'], more: Partial<Params> = {}): Params => ({
  model: 'claude-sonnet-4-6',
  max_tokens: 2_000,
  messages: [{ role: 'user', content }],
  ...more,
});
const weatherTool: Anthropic.Tool = { name: 'get_weather', input_schema: WEATHER_SCHEMA };

const usageSeen = (usage: Anthropic.Usage) => ({
  input: usage.input_tokens,
  cacheRead: usage.cache_read_input_tokens,
  cacheWrite5m: usage.cache_creation?.ephemeral_5m_input_tokens,
  cacheWrite1h: usage.cache_creation?.ephemeral_1h_input_tokens,
  output: usage.output_tokens,
  reasoning: usage.output_tokens_details?.thinking_tokens ?? 0,
});

const textOf = (message: Anthropic.Message): string =>
  message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');

it('reads an answer that echoes the question, with the usage the journal holds', async () => {
  const message = await client.messages.create(ask('hello there', { system: 'Be brief.' }));
  expect(message.id).toMatch(/^msg_01\w{22}$/);
  expect(textOf(message)).toContain('You said: "hello there".');
  expect(message).toMatchObject({ stop_reason: 'end_turn', stop_sequence: null, model: 'claude-sonnet-4-6' });
  expect(simulator.journal[0]?.answer.usage).toEqual(usageSeen(message.usage));
  expect(message.usage.input_tokens).toBe(Math.ceil('Be brief.hello there'.length / 4));
});

it('assembles from a stream what it reads without one, with ping third', async () => {
  const whole = await client.messages.create(ask('tell me something'));
  const stream = client.messages.stream(ask('tell me something'));
  const streamed = await stream.finalMessage();
  expect(streamed.content).toEqual(whole.content);
  expect(usageSeen(streamed.usage)).toEqual(usageSeen(whole.usage));
  expect(simulator.journal[1]?.answer.usage).toEqual(usageSeen(streamed.usage));
  const raw = await fetch(`${simulator.baseUrl}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'sim-raw', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ ...ask('tell me something'), stream: true }),
  });
  const events = [...(await raw.text()).matchAll(/^event: (\w+)$/gm)].map(([, name]) => name);
  expect(events.slice(0, 3)).toEqual(['message_start', 'content_block_start', 'ping']);
  expect(events.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
});

it('runs a tool round trip with thinking, and knows its own signature again', async () => {
  const thinking = { type: 'enabled' as const, budget_tokens: 1_024 };
  const first = ask('What is the weather in Oslo?', { tools: [weatherTool], thinking });
  const called = await client.messages.stream(first).finalMessage();
  expect(called.stop_reason).toBe('tool_use');
  expect(called.content.map((block) => block.type)).toEqual(['thinking', 'tool_use']);
  const [thought, use] = called.content as [Anthropic.ThinkingBlock, Anthropic.ToolUseBlock];
  expect(use).toMatchObject({
    name: 'get_weather',
    input: { city: 'Oslo' },
    id: expect.stringMatching(/^toolu_01/),
  });
  const result: Anthropic.ToolResultBlockParam = {
    type: 'tool_result',
    tool_use_id: use.id,
    content: '-3 C',
  };
  const turns = (content: Anthropic.ContentBlockParam[]): Params => ({
    ...first,
    messages: [...first.messages, { role: 'assistant', content }, { role: 'user', content: [result] }],
  });
  const answered = await client.messages.create(turns(called.content));
  expect(textOf(answered)).toContain('The tool get_weather answered: "-3 C".');
  const forged = client.messages.create(
    turns([{ ...thought, thinking: 'I thought of something else.' }, use]),
  );
  await expect(forged).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('Invalid `signature`'),
  });
  const dropped = client.messages.create(turns([use]));
  await expect(dropped).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('Expected `thinking`'),
  });
  const redacted = await client.messages.create(
    turns([{ type: 'redacted_thinking', data: 'c2VjcmV0' }, use]),
  );
  expect(redacted.stop_reason).toBe('end_turn');
});

it('withholds the text of thinking that was asked for as omitted, and still signs it', async () => {
  const thinking = { type: 'adaptive' as const, display: 'omitted' as const };
  const message = await client.messages.stream(ask('think', { thinking })).finalMessage();
  const thought = message.content[0] as Anthropic.ThinkingBlock;
  expect(thought).toMatchObject({ type: 'thinking', thinking: '' });
  expect(thought.signature).not.toBe('');
  expect(message.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0);
  const history: Anthropic.MessageParam[] = [
    { role: 'user', content: 'think' },
    { role: 'assistant', content: message.content },
    { role: 'user', content: 'again' },
  ];
  await expect(client.messages.create(ask('', { messages: history }))).resolves.toHaveProperty(
    'type',
    'message',
  );
});

it('counts the images and PDFs it was sent', async () => {
  const message = await client.messages.create(
    ask([
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: ONE_PIXEL_PNG } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } },
      { type: 'text', text: 'look' },
    ]),
  );
  expect(textOf(message)).toContain('I received 1 image (image/png, 70 bytes).');
  expect(textOf(message)).toContain('I received 1 document (application/pdf, 5 bytes).');
  expect(message.usage.input_tokens).toBe(1 + 2 * 258);
});

it('answers structured output with JSON that has the schema’s shape', async () => {
  const format = { type: 'json_schema' as const, schema: WEATHER_SCHEMA };
  const message = await client.messages.create(ask('Name a city', { output_config: { format } }));
  expect(JSON.parse(textOf(message))).toEqual({ city: 'Paris' });
});

it('names the stop sequence, and ends at the token limit inside the arguments of a tool', async () => {
  const stopped = await client.messages.create(ask('alpha beta', { stop_sequences: ['beta'] }));
  expect(stopped).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'beta' });
  expect(textOf(stopped)).toBe('You said: "alpha ');
  const choice = { type: 'tool' as const, name: 'get_weather' };
  const cut = await client.messages.create(
    ask('go', { max_tokens: 5, tools: [weatherTool], tool_choice: choice }),
  );
  expect(cut).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 5 } });
  expect(cut.content).toEqual([expect.objectContaining({ type: 'tool_use', input: {} })]);
  const refused = await client.messages.create(ask('refuse please'));
  expect(refused).toMatchObject({ stop_reason: 'refusal', content: [], stop_details: { type: 'refusal' } });
});

it('writes a marked prefix to the cache once, by lifetime, and reads it afterwards', async () => {
  const system: Anthropic.TextBlockParam[] = [
    { type: 'text', text: 'a'.repeat(4_000), cache_control: { type: 'ephemeral', ttl: '1h' } },
    { type: 'text', text: 'b'.repeat(400), cache_control: { type: 'ephemeral' } },
  ];
  const first = await client.messages.create(ask('12345678', { system }));
  expect(usageSeen(first.usage)).toMatchObject({
    input: 2,
    cacheRead: 0,
    cacheWrite5m: 100,
    cacheWrite1h: 1_000,
  });
  const again = await client.messages.stream(ask('another question', { system })).finalMessage();
  expect(again.usage).toMatchObject({
    input_tokens: 4,
    cache_read_input_tokens: 1_100,
    cache_creation_input_tokens: 0,
  });
  expect(simulator.journal[1]?.answer.usage).toEqual(usageSeen(again.usage));
});

it('accepts a system message in the middle and counts tokens without answering', async () => {
  const messages = [
    { role: 'user', content: 'first' },
    { role: 'system', content: 'a note' },
    { role: 'assistant', content: 'ok' },
    { role: 'user', content: 'second' },
    { role: 'system', content: 'another note' },
  ] as Anthropic.MessageParam[];
  const message = await client.messages.create(ask('', { messages }));
  expect(textOf(message)).toContain('You said: "second".');
  const count = await client.messages.countTokens({
    model: 'claude-sonnet-4-6',
    messages: [{ role: 'user', content: 'abcdefgh' }],
  });
  expect(count.input_tokens).toBe(2);
});

it('lists models in Anthropic’s shape and refuses a wrong key in its words', async () => {
  const models = await client.models.list();
  expect(models.data[0]).toMatchObject({ type: 'model', display_name: expect.any(String) });
  const wrong = anthropicClient(simulator, 'fg_live_secret').messages.create(ask('x'));
  await expect(wrong).rejects.toMatchObject({
    status: 401,
    type: 'authentication_error',
    requestID: expect.stringMatching(/^req_/),
  });
});

it.each([
  ['no max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
  ['no messages', { messages: [] }, 'at least one message'],
  [
    'an unknown tool_choice',
    { tools: [weatherTool], tool_choice: { type: 'maybe' } },
    'does not match any of the expected tags',
  ],
  [
    'a forced tool that is not declared',
    { tools: [weatherTool], tool_choice: { type: 'tool', name: 'x' } },
    'not found in provided tools',
  ],
  ['a temperature over 1', { temperature: 1.5 }, 'temperature: range: 0..1'],
  [
    'a budget as large as max_tokens',
    { thinking: { type: 'enabled', budget_tokens: 2_000 } },
    'must be greater than `thinking.budget_tokens`',
  ],
  ['an assistant turn first', { messages: [{ role: 'assistant', content: 'x' }] }, 'first message must use'],
  ['empty text', { messages: [{ role: 'user', content: '' }] }, 'text content blocks must be non-empty'],
  [
    'a tool result that answers nothing',
    {
      messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_x', content: 'x' }] }],
    },
    'unexpected `tool_use_id`',
  ],
])('refuses %s with Anthropic’s 400', async (_name, change, words) => {
  const failed = client.messages.create({ ...ask('x'), ...change } as Params);
  await expect(failed).rejects.toMatchObject({
    status: 400,
    type: 'invalid_request_error',
    message: expect.stringContaining(words),
  });
});
