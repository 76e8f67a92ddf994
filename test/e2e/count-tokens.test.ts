import Anthropic from '@anthropic-ai/sdk';
import { messagesBody, post } from '../support/calls.js';
import { CHAT_MODEL, MESSAGES_MODEL, startGateway, type TestGateway } from '../support/gateway.js';
import { WEATHER_SCHEMA } from '../support/samples.js';

const PATH = '/v1/messages/count_tokens';

describe('counting the tokens of a Messages request', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());
  beforeEach(() => gateway.simulator.reset());

  const count = async (body: object, headers: Record<string, string> = {}) => {
    const answer = await post(gateway, PATH, body, headers);
    const json = (await answer.json()) as { input_tokens: number; error: { type: string; message: string } };
    return { status: answer.status, warnings: answer.headers.get('x-faregate-warnings'), json };
  };
  const withText = (model: string, content: string) =>
    messagesBody(model, { messages: [{ role: 'user', content }] });

  it('row 78: a Messages upstream counts for itself, with its own name of the model and the betas', async () => {
    const answer = await count(
      { ...withText(MESSAGES_MODEL, 'How many are these?'), preference: 'cost' },
      { 'anthropic-beta': 'token-counting-2024-11-01' },
    );
    expect(answer).toMatchObject({ status: 200, warnings: null });
    const [asked] = gateway.simulator.journal;
    expect(asked?.path).toBe(PATH);
    expect(asked?.body).toMatchObject({ model: 'claude-opus-4-8' });
    expect(asked?.body).not.toHaveProperty('preference');
    expect(asked?.headers['anthropic-beta']).toBe('token-counting-2024-11-01');
    expect(answer.json.input_tokens).toBeGreaterThan(0);
  });

  it('row 78: over another upstream it is an estimate of the text, and says so', async () => {
    const short = await count(withText(CHAT_MODEL, 'hello'));
    const long = await count(withText(CHAT_MODEL, 'hello world, how are you today? '.repeat(200)));
    expect(short).toMatchObject({ status: 200, warnings: 'input_tokens is an estimate' });
    expect(short.json.input_tokens).toBeLessThan(20);
    // Eight tokens and a space a sentence, by the vocabulary.
    expect(long.json.input_tokens).toBeGreaterThan(1_500);
    expect(long.json.input_tokens).toBeLessThan(2_200);
    expect(gateway.simulator.journal).toHaveLength(0);
  });

  it('row 78: a tool that is only loaded when searched for does not count', async () => {
    const tool = { name: 'weather', description: 'w'.repeat(2_000), input_schema: WEATHER_SCHEMA };
    const body = { ...withText(CHAT_MODEL, 'hello'), tools: [tool] };
    const deferred = { ...body, tools: [{ ...tool, defer_loading: true }] };
    const [plain, less] = [await count(body), await count(deferred)];
    expect(less.json.input_tokens).toBeLessThan(plain.json.input_tokens);
  });

  it('an upstream that cannot count is no reason to fail', async () => {
    gateway.simulator.use({ answer: { kind: 'error', status: 500 } });
    expect(await count(withText(MESSAGES_MODEL, 'hello'))).toMatchObject({
      status: 200,
      warnings: 'input_tokens is an estimate',
    });
  });

  it('a text of megabytes is answered at once and in proportion', async () => {
    const { json } = await count(withText(CHAT_MODEL, 'one two three four '.repeat(100_000)));
    expect(json.input_tokens).toBeGreaterThan(380_000);
    expect(json.input_tokens).toBeLessThan(420_000);
  });

  it.each([
    ['a word without an end', 'x'.repeat(150_000), 18_750],
    ['ideographs without a space', '汉字测试'.repeat(20_000), 60_000],
  ])('%s keeps nobody waiting', async (_, text, tokens) => {
    const many = await Promise.all(Array.from({ length: 12 }, () => count(withText(CHAT_MODEL, text))));
    for (const { status } of many) expect(status).toBe(200);
    // By the vocabulary, some tokens for the cuts, and what stands around the text.
    expect(many[0]?.json.input_tokens).toBeGreaterThan(tokens);
    expect(many[0]?.json.input_tokens).toBeLessThan(1.1 * tokens);
    expect((await count(withText(CHAT_MODEL, 'hello'))).json.input_tokens).toBeLessThan(20);
  });

  it('the SDK reads it', async () => {
    const client = new Anthropic({ apiKey: gateway.secret, baseURL: gateway.url });
    const counted = await client.messages.countTokens({
      model: CHAT_MODEL,
      messages: [{ role: 'user', content: 'hello' }],
    });
    expect(counted.input_tokens).toBeGreaterThan(0);
  });

  it.each([
    ['no messages', { model: CHAT_MODEL }, 400, 'messages'],
    ['no model', { messages: [] }, 400, 'model'],
    ['an unknown model', withText('no/such', 'hi'), 404, 'no/such'],
  ])('%s is refused in the shape of the route', async (_name, body, status, word) => {
    const answer = await count(body);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ type: 'error' });
    expect(answer.json.error.message).toContain(word);
  });

  it('nothing is held and nothing is charged', async () => {
    await count(withText(CHAT_MODEL, 'hello'));
    await count(withText(MESSAGES_MODEL, 'hello'));
    const { rows } = await gateway.pool.query(
      'select (select count(*) from hold)::int + (select count(*) from usage_event)::int as n',
    );
    expect(rows).toEqual([{ n: 0 }]);
  });
});
