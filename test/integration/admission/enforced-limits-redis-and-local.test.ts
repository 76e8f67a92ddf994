import { chatBody, messagesBody, post, until, untilSettled } from '../../support/calls.js';
import { createKey } from '../../support/builders/tenant.builder.js';
import { startGatedUpstream, type GatedUpstream } from '../../support/gated-upstream.js';
import {
  CHAT_MODEL,
  createSecret,
  serveModel,
  setBalance,
  startGateway,
  type TestGateway,
} from '../../support/gateway.js';
import { createTestRedis, type TestRedis } from '../../support/redis.js';

const GATED_MODEL = 'test/gated';
const USAGE = { input: 10, output: 20 };

type Limits = { requests_per_minute?: number; tokens_per_minute?: number; concurrency?: number };
type Caller = Pick<TestGateway, 'url' | 'secret'>;

describe.each(['in the process', 'on Redis'])('limits of a key, counted %s', (where) => {
  let redis: TestRedis;
  let gateway: TestGateway;
  let upstream: GatedUpstream;

  beforeAll(async () => {
    redis = createTestRedis();
    const isShared = where === 'on Redis';
    gateway = await startGateway({
      env: { REDIS_URL: isShared ? redis.url : '', REDIS_PREFIX: redis.prefix },
    });
    upstream = await startGatedUpstream(USAGE);
    await serveModel(gateway.pool, {
      id: GATED_MODEL,
      protocol: 'openai-chat',
      upstreamModel: 'gated',
      baseUrl: upstream.baseUrl,
    });
    // Models are read anew every second or so.
    const models = { headers: { authorization: `Bearer ${gateway.secret}` } };
    const list = async () => (await fetch(`${gateway.url}/v1/models`, models)).text();
    await until(list, (text) => text.includes(GATED_MODEL));
  });
  beforeEach(() => upstream.open());
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
    await redis.drop();
  });

  /** A caller with a key of its own. */
  const callerWith = async (limits: Limits): Promise<Caller> => {
    const keyId = await createKey(gateway.pool, gateway.tenant);
    await gateway.pool.query('update api_key set rate_limits = $2 where id = $1', [keyId, limits]);
    return { url: gateway.url, secret: await createSecret(gateway.pool, keyId) };
  };
  const call = (caller: Caller, more: object = {}, headers: Record<string, string> = {}) =>
    post(caller, '/v1/chat/completions', chatBody(GATED_MODEL, { ...more }), headers);
  const countHolds = async () =>
    ((await gateway.pool.query('select count(*)::int as n from hold')).rows[0] as { n: number }).n;
  const rateHeaders = (answer: Response) =>
    Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith('x-ratelimit-')));

  it.each([
    ['/v1/chat/completions', chatBody],
    ['/v1/messages', messagesBody],
  ])(
    'refuse on %s with 429 in its own shape, and neither hold money nor call an upstream',
    async (path, body) => {
      const caller = await callerWith({ requests_per_minute: 1 });
      const served = await post(caller, path, body(GATED_MODEL));
      expect(served.status).toBe(200);
      expect(rateHeaders(served)).toEqual({
        'x-ratelimit-limit-requests': '1',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '1m0s',
      });
      const [holds, calls] = [await countHolds(), upstream.bodies.length];
      const refused = await post(caller, path, body(GATED_MODEL));
      expect(refused.status).toBe(429);
      const retryAfter = Number(refused.headers.get('retry-after'));
      expect(retryAfter).toBeGreaterThanOrEqual(50);
      expect(retryAfter).toBeLessThanOrEqual(60);
      expect(rateHeaders(refused)).toMatchObject({
        'x-ratelimit-limit-requests': '1',
        'x-ratelimit-remaining-requests': '0',
      });
      const message = `Rate limit reached: this key is limited to 1 requests per minute. Try again in ${retryAfter}s.`;
      const isChat = path === '/v1/chat/completions';
      const error = isChat
        ? { message, type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' }
        : { message, type: 'rate_limit_error' };
      expect(await refused.json()).toMatchObject(isChat ? { error } : { type: 'error', error });
      expect([await countHolds(), upstream.bodies.length]).toEqual([holds, calls]);
    },
  );

  it('reserve tokens while a call runs and count those it used when it has ended', async () => {
    const caller = await callerWith({ tokens_per_minute: 1_000 });
    upstream.shut();
    const before = upstream.bodies.length;
    const running = call(caller, { max_tokens: 900 });
    await until(
      () => Promise.resolve(upstream.bodies.length),
      (count) => count > before,
    );
    const refused = await call(caller, { max_tokens: 900 });
    expect(refused.status).toBe(429);
    expect(((await refused.json()) as { error: { message: string } }).error.message).toMatch(
      /limited to 1000 tokens per minute/,
    );
    upstream.open();
    const first = await running;
    expect(first.status).toBe(200);
    expect(first.headers.get('x-ratelimit-limit-tokens')).toBe('1000');
    const next = await call(caller, { max_tokens: 900 });
    expect(next.status).toBe(200);
    const last = await call(caller, { max_tokens: 1 });
    const remaining = Number(last.headers.get('x-ratelimit-remaining-tokens'));
    const reserved = 40;
    expect(remaining).toBeGreaterThanOrEqual(1_000 - 2 * (USAGE.input + USAGE.output) - reserved);
    expect(remaining).toBeLessThan(1_000);
  });

  it('let so many calls run at once, and free the slot when one ends, fails or is left', async () => {
    const caller = await callerWith({ concurrency: 1 });
    upstream.shut();
    const before = upstream.bodies.length;
    const leaving = new AbortController();
    const left = fetch(`${caller.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${caller.secret}` },
      body: JSON.stringify(chatBody(GATED_MODEL)),
      signal: leaving.signal,
    });
    await until(
      () => Promise.resolve(upstream.bodies.length),
      (count) => count > before,
    );
    const refused = await call(caller);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.text()).toMatch(/limited to 1 requests at the same time/);
    expect(rateHeaders(refused)).toEqual({});
    leaving.abort();
    await expect(left).rejects.toThrow();
    upstream.open();
    await until(
      () => call(caller),
      ({ status }) => status === 200,
    );
    gateway.simulator.use({ times: 1, answer: { kind: 'error', status: 400, message: 'No.' } });
    expect((await post(caller, '/v1/chat/completions', chatBody(CHAT_MODEL))).status).toBe(400);
    const stream = await post(caller, '/v1/chat/completions', chatBody(CHAT_MODEL, { stream: true }));
    expect(stream.status).toBe(200);
    expect(await stream.text()).toContain('[DONE]');
    for (let time = 0; time < 20; time++) expect((await call(caller)).status).toBe(200);
  });

  it('stand in the head of a stream', async () => {
    const caller = await callerWith({ requests_per_minute: 60, tokens_per_minute: 100_000 });
    const stream = await post(caller, '/v1/messages', messagesBody(CHAT_MODEL, { stream: true }));
    await stream.text();
    expect(rateHeaders(stream)).toMatchObject({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-limit-tokens': '100000',
    });
    expect(stream.headers.get('x-ratelimit-reset-tokens')).toMatch(/^\d+ms$/);
  });

  it.each([
    ['organization', 'this organization', 'update organization set rate_limits = $1'],
    ['project', 'this project', 'update project set rate_limits = $1'],
  ])('of a whole %s hold for its keys together', async (_, holder, limit) => {
    const callers = [await callerWith({}), await callerWith({ requests_per_minute: 100 })];
    const set = (limits: Limits) => gateway.pool.query(limit, [limits]);
    const isLimited = (answer: Response) => answer.headers.has('x-ratelimit-limit-requests');
    await set({ requests_per_minute: 3 });
    try {
      // What is known of a key is a second old at most; a call of each may still be of before.
      await until(() => call(gateway), isLimited);
      const answers = await until(
        () => Promise.all(callers.map((caller) => call(caller))),
        (all) => all.every(({ status }) => status === 429),
      );
      for (const answer of answers) {
        expect(answer.headers.get('x-ratelimit-limit-requests')).toBe('3');
        expect(await answer.text()).toContain(`${holder} is limited to 3 requests per minute`);
      }
    } finally {
      await set({});
      await until(
        () => Promise.all([gateway, ...callers].map((caller) => call(caller))),
        (all) =>
          all.every(
            ({ status, headers }) => status === 200 && headers.get('x-ratelimit-limit-requests') !== '3',
          ),
      );
    }
  });

  it('statement 47: of a model hold beside those of the key, and the lower is refused by and shown', async () => {
    const set = (limits: Limits) =>
      gateway.pool.query('update model set rate_limits = $2 where id = $1', [GATED_MODEL, limits]);
    const [wide, narrow] = [
      await callerWith({ requests_per_minute: 300 }),
      await callerWith({ requests_per_minute: 1 }),
    ];
    await set({ requests_per_minute: 30, tokens_per_minute: 2_000_000 });
    try {
      const first = await until(
        () => call(wide),
        ({ headers }) => headers.get('x-ratelimit-limit-tokens') === '2000000',
      );
      expect(first.headers.get('x-ratelimit-limit-requests')).toBe('30');
      expect((await call(narrow)).headers.get('x-ratelimit-limit-requests')).toBe('1');
      expect(await (await call(narrow)).text()).toContain('this key is limited to 1 requests per minute');
      const answers = await Promise.all(Array.from({ length: 60 }, () => call(wide)));
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused.length).toBeGreaterThanOrEqual(30);
      expect(await refused[0]?.text()).toContain(
        "this organization's use of the model is limited to 30 requests",
      );
      // Another model of the same key is not touched.
      expect((await post(wide, '/v1/chat/completions', chatBody(CHAT_MODEL))).status).toBe(200);
    } finally {
      await set({});
      await until(
        () => call(wide),
        ({ headers }) => !headers.has('x-ratelimit-limit-tokens'),
      );
    }
  });

  it('are not mentioned to keys that have none', async () => {
    const answer = await call(gateway);
    expect(answer.status).toBe(200);
    expect(rateHeaders(answer)).toEqual({});
  });

  it('admit exactly their number of 60 calls that come at once', async () => {
    const caller = await callerWith({ requests_per_minute: 4 });
    const answers = await Promise.all(Array.from({ length: 60 }, () => call(caller)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(4);
    expect(statuses.filter((status) => status === 429)).toHaveLength(56);
  });

  it('keep no slot for a call whose money was refused', async () => {
    const caller = await callerWith({ concurrency: 1 });
    await untilSettled(gateway);
    await setBalance(gateway.pool, gateway.tenant, 0n);
    try {
      for (let time = 0; time < 3; time++) expect((await call(caller)).status).toBe(402);
    } finally {
      await setBalance(gateway.pool, gateway.tenant, 1_000_000_000_000n);
    }
    expect((await call(caller)).status).toBe(200);
  });
});
