import { createHash } from 'node:crypto';
import { chatBody, messagesBody, post, until, untilSettled } from '../support/calls.js';
import { addCustomer } from '../support/customers.js';
import {
  CHAT_MODEL,
  createWorld,
  MESSAGES_MODEL,
  startGateway,
  type TestGateway,
} from '../support/gateway.js';
import { startApiProcess } from '../support/processes.js';

const CHAT = '/v1/chat/completions';
let count = 0;
const newKey = () => `key-${(count += 1)}-${process.pid}`;

describe('Idempotency-Key on inference', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());
  beforeEach(() => gateway.simulator.reset());

  const call = (key: string, body: unknown, path = CHAT, caller: { url: string; secret: string } = gateway) =>
    post(caller, path, body, { 'idempotency-key': key });
  const charges = async (): Promise<number> => {
    await untilSettled(gateway);
    const { rows } = await gateway.pool.query('select count(*)::int as n from usage_event');
    return (rows[0] as { n: number }).n;
  };

  it.each([
    [CHAT, CHAT_MODEL, false],
    [CHAT, CHAT_MODEL, true],
    ['/v1/messages', MESSAGES_MODEL, true],
  ])(
    'a repeated call on %s (%s, stream: %s) gets the same answer and is charged once',
    async (path, model, stream) => {
      const [key, body] = [newKey(), messagesBody(model, { stream })];
      const known = await charges();
      const first = await call(key, body, path);
      const text = await first.text();
      expect(first.headers.has('idempotency-replayed')).toBe(false);
      const stored = () =>
        gateway.pool.query('select response from idempotency_key where key = $1 and status = 200', [key]);
      await until(stored, ({ rows }) => rows.length === 1);
      const again = await call(key, body, path);
      expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
      expect(await again.text()).toBe(text);
      expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
      expect(gateway.simulator.journal).toHaveLength(1);
      expect(await charges()).toBe(known + 1);
      expect(JSON.stringify((await stored()).rows)).not.toContain(text.slice(20, 60));
    },
  );

  it('calls that come while the answer is made join it, though the first caller has left', async () => {
    const [key, body] = [newKey(), chatBody(CHAT_MODEL, { stream: true })];
    const known = await charges();
    gateway.simulator.use({
      times: 1,
      answer: { kind: 'model' },
      pacing: { stallAfterFrames: 4, stallMs: 600 },
    });
    const leaving = new AbortController();
    const first = await fetch(`${gateway.url}${CHAT}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${gateway.secret}`,
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
    expect(first.status).toBe(200);
    leaving.abort();
    const texts = await Promise.all([1, 2, 3].map(async () => (await call(key, body)).text()));
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toContain('[DONE]');
    expect(gateway.simulator.journal.map(({ answer }) => answer.finished)).toEqual(['complete']);
    expect(await charges()).toBe(known + 1);
  });

  it('20 calls at once with one key are one call', async () => {
    const [key, body] = [newKey(), chatBody(CHAT_MODEL)];
    const known = await charges();
    const texts = await Promise.all(Array.from({ length: 20 }, async () => (await call(key, body)).text()));
    expect(new Set(texts).size).toBe(1);
    expect(gateway.simulator.journal).toHaveLength(1);
    expect(await charges()).toBe(known + 1);
  });

  it('another body under the same key is a 409 that is not retried, and reaches nobody', async () => {
    const key = newKey();
    await (await call(key, chatBody(CHAT_MODEL))).text();
    const other = await call(key, chatBody(CHAT_MODEL, { max_tokens: 65 }));
    expect([other.status, other.headers.get('x-should-retry')]).toEqual([409, 'false']);
    expect(await other.json()).toMatchObject({ error: { code: 'idempotency_key_reused' } });
    expect(gateway.simulator.journal).toHaveLength(1);
  });

  it('the key of another organization or route is another key', async () => {
    const key = newKey();
    const customer = await addCustomer(gateway);
    for (const caller of [gateway, customer]) {
      const answer = await call(key, chatBody(CHAT_MODEL), CHAT, caller);
      expect([answer.status, answer.headers.has('idempotency-replayed')]).toEqual([200, false]);
      await answer.text();
    }
    expect((await call(key, messagesBody(CHAT_MODEL), '/v1/messages')).status).toBe(200);
    expect(gateway.simulator.journal).toHaveLength(3);
  });

  it('a call that failed or was refused gives its key back', async () => {
    const key = newKey();
    gateway.simulator.use({ times: 1, answer: { kind: 'error', status: 400, message: 'No.' } });
    expect((await call(key, chatBody(CHAT_MODEL))).status).toBe(400);
    expect((await call(key, chatBody('no/such-model'))).status).toBe(404);
    const served = await call(key, chatBody(CHAT_MODEL));
    expect([served.status, served.headers.has('idempotency-replayed')]).toEqual([200, false]);
  });

  it('an answer under zero data retention is charged once and never kept', async () => {
    await gateway.pool.query('update provider set zero_data_retention = true');
    const [key, body] = [newKey(), chatBody(CHAT_MODEL, { allow_zero_data_retention: true })];
    const first = await until(
      () => call(key, body),
      ({ status }) => status === 200,
    );
    await first.text();
    const row = () =>
      gateway.pool.query('select status, response from idempotency_key where key = $1', [key]);
    const { rows } = await until(row, (found) => (found.rows[0] as { status: number | null }).status === 200);
    expect((rows[0] as { response: { sealed: string | null } }).response.sealed).toBeNull();
    const again = await call(key, body);
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ error: { code: 'idempotency_answer_not_kept' } });
  });

  it.each(['', 'x'.repeat(256), 'caf\u00e9'])('the unusable key %j is a 400', async (key) => {
    const answer = await call(key, chatBody(CHAT_MODEL));
    expect(answer.status).toBe(400);
    await answer.text();
  });
});

it('a call that runs in another process is a 409 to be tried again, and its answer serves both', async () => {
  const world = await createWorld({
    env: {
      REDIS_URL: process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379',
      REDIS_PREFIX: createHash('sha1').update(newKey()).digest('hex'),
    },
  });
  const processes = await Promise.all([startApiProcess(world), startApiProcess(world)]);
  try {
    const [one, other] = processes.map(({ url }) => ({ url, secret: world.secret }));
    const [key, body] = [newKey(), chatBody(CHAT_MODEL)];
    world.simulator.use({ times: 1, answer: { kind: 'model' }, pacing: { firstByteDelayMs: 1_500 } });
    const send = (caller: typeof one) =>
      post(caller as { url: string; secret: string }, CHAT, body, { 'idempotency-key': key });
    const first = send(one);
    await world.simulator.until((journal) => journal.length === 1);
    const early = await send(other);
    expect([early.status, early.headers.get('retry-after')]).toEqual([409, '2']);
    const text = await (await first).text();
    const again = await until(
      () => send(other),
      ({ status }) => status === 200,
    );
    expect(await again.text()).toBe(text);
    expect(world.simulator.journal).toHaveLength(1);
  } finally {
    await Promise.all(processes.map((process) => process.kill()));
    await world.close();
  }
}, 90_000);
