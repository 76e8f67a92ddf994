import OpenAI from 'openai';
import { CatalogService } from '../../src/catalog/catalog.service.js';
import { post, untilSettled } from '../support/calls.js';
import {
  CHAT_MODEL,
  MESSAGES_MODEL,
  serveModel,
  startGateway,
  type TestGateway,
} from '../support/gateway.js';

const MODEL = 'openai/text-embedding-3-small';
/** Two cents a million tokens, in nano-dollars a token. */
const NANO_PER_TOKEN = 20n;

describe('embeddings', () => {
  let gateway: TestGateway;
  let client: OpenAI;
  beforeAll(async () => {
    gateway = await startGateway();
    await serveModel(gateway.pool, {
      id: MODEL,
      protocol: 'openai-chat',
      upstreamModel: 'text-embedding-3-small',
      baseUrl: `${gateway.simulator.baseUrl}/v1`,
      prices: { input: NANO_PER_TOKEN * 1_000n },
    });
    await gateway.api.app.get(CatalogService).refresh();
    client = new OpenAI({ apiKey: gateway.secret, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
  });
  afterAll(() => gateway.close());
  beforeEach(() => gateway.simulator.reset());

  const charged = async (): Promise<bigint> => {
    await untilSettled(gateway);
    const { rows } = await gateway.pool.query<{ nano: string }>(
      'select coalesce(sum(amount_nano), 0) as nano from usage_event',
    );
    return BigInt(rows[0]?.nano ?? 0);
  };

  it.each([
    ['one text', 'The food was delicious'],
    ['several texts', ['one', 'two', 'three and four']],
    ['token ids', [1, 2, 3]],
    ['lists of token ids', [[1, 2], [3]]],
  ])('%s: the SDK reads the vectors, and the input tokens are charged to the nano', async (_name, input) => {
    const before = await charged();
    const { data, model, usage } = await client.embeddings.create({ model: MODEL, input, dimensions: 8 });
    expect(data.map(({ index }) => index)).toEqual(data.map((_, index) => index));
    expect(data.every(({ embedding }) => embedding.length === 8)).toBe(true);
    expect(model).toBe(MODEL);
    expect(gateway.simulator.journal[0]?.body).toMatchObject({ model: 'text-embedding-3-small', input });
    expect((await charged()) - before).toBe(BigInt(usage.prompt_tokens) * NANO_PER_TOKEN);
  });

  it('the raw answer says what it cost and who served it', async () => {
    const answer = await post(gateway, '/v1/embeddings', {
      model: MODEL,
      input: 'x',
      encoding_format: 'base64',
      preference: 'cost',
    });
    const body = (await answer.json()) as { usage: { prompt_tokens: number }; data: { embedding: string }[] };
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-faregate-cost')).toBe(
      `0.${String(BigInt(body.usage.prompt_tokens) * NANO_PER_TOKEN).padStart(9, '0')}`,
    );
    expect(typeof body.data[0]?.embedding).toBe('string');
    expect(gateway.simulator.journal[0]?.body).not.toHaveProperty('preference');
  });

  it.each([
    ['model', { input: 'x' }, 'model'],
    ['a missing input', { model: MODEL }, 'input'],
    ['an empty input', { model: MODEL, input: '' }, 'input'],
    ['no inputs', { model: MODEL, input: [] }, 'input'],
    ['an empty text among them', { model: MODEL, input: ['a', ''] }, 'input.1'],
    ['a number among texts', { model: MODEL, input: ['a', 1] }, 'input.1'],
    ['an object', { model: MODEL, input: { text: 'a' } }, 'input'],
    ['too many', { model: MODEL, input: Array.from({ length: 2_049 }, () => 'a') }, 'input'],
    ['a format', { model: MODEL, input: 'a', encoding_format: 'hex' }, 'encoding_format'],
    ['dimensions', { model: MODEL, input: 'a', dimensions: 0 }, 'dimensions'],
    ['dimensions as text', { model: MODEL, input: 'a', dimensions: '8' }, 'dimensions'],
    ['a user', { model: MODEL, input: 'a', user: 1 }, 'user'],
    ['a router field', { model: MODEL, input: 'a', preference: 'best' }, 'preference'],
  ])('%s that is wrong is refused by name, and nothing is charged', async (_name, body, param) => {
    const before = await charged();
    const answer = await post(gateway, '/v1/embeddings', body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error', param } });
    expect(await charged()).toBe(before);
    expect(gateway.simulator.journal).toHaveLength(0);
  });

  it('a model without the endpoint is refused before anything is sent or held', async () => {
    const answer = await post(gateway, '/v1/embeddings', { model: MESSAGES_MODEL, input: 'a' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { param: 'model' } });
    expect(gateway.simulator.journal).toHaveLength(0);
  });

  it('an upstream that refuses or talks nonsense is told as such, and not charged', async () => {
    const before = await charged();
    gateway.simulator.use({ times: 1, answer: { kind: 'error', status: 400, message: 'too long' } });
    expect((await post(gateway, '/v1/embeddings', { model: MODEL, input: 'a' })).status).toBe(400);
    gateway.simulator.use({ answer: { kind: 'error', status: 500 } });
    expect((await post(gateway, '/v1/embeddings', { model: MODEL, input: 'a' })).status).toBe(502);
    expect(await charged()).toBe(before);
  });

  it('a chat model is asked for vectors at its own endpoint, so that its vendor may say no', async () => {
    await post(gateway, '/v1/embeddings', { model: CHAT_MODEL, input: 'a' });
    expect(gateway.simulator.journal[0]?.path).toBe('/v1/embeddings');
  });

  it('what several long inputs can cost is held, each up to a context window of its own', async () => {
    await gateway.pool.query('update model set context_window = 1000 where id = $1', [MODEL]);
    await gateway.api.app.get(CatalogService).refresh();
    const input = Array.from({ length: 4 }, () => 'word '.repeat(700));
    await (await post(gateway, '/v1/embeddings', { model: MODEL, input })).text();
    await untilSettled(gateway);
    const { rows } = await gateway.pool.query<{ held: string; charged: string }>(
      'select h.amount_nano as held, e.amount_nano as charged from hold h join usage_event e on e.hold_id = h.id order by h.id desc limit 1',
    );
    const [{ held, charged: paid } = { held: '0', charged: '0' }] = rows;
    expect(BigInt(paid)).toBeGreaterThan(1_000n * NANO_PER_TOKEN);
    expect(BigInt(held)).toBeGreaterThanOrEqual(BigInt(paid));
  });
});
