import { createBudget, createKey } from '../support/builders/tenant.builder.js';
import { chatBody, messagesBody, post, untilSettled } from '../support/calls.js';
import { addCustomer } from '../support/customers.js';
import {
  CHAT_MODEL,
  createSecret,
  GEMINI_MODEL,
  MESSAGES_MODEL,
  startGateway,
  type TestGateway,
} from '../support/gateway.js';
import { expectRefusal, type Dialect } from '../support/refusals.js';

interface Data {
  data: Record<string, string | number | boolean | null>;
  error: { type: string; param: string };
  object: string;
  total_usage: number;
}

describe('what a key may ask about its own account', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  const get = async (path: string, secret = gateway.secret): Promise<{ status: number; json: Data }> => {
    const answer = await fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${secret}` } });
    return { status: answer.status, json: (await answer.json()) as Data };
  };
  const charged = async (): Promise<bigint> => {
    await untilSettled(gateway);
    const { rows } = await gateway.pool.query(
      'select coalesce(sum(amount_nano), 0) as nano from usage_event where api_key_id = $1',
      [gateway.tenant.keyId],
    );
    return BigInt(rows[0].nano);
  };
  const dollars = (nano: bigint): string =>
    `${nano / 1_000_000_000n}.${String(nano % 1_000_000_000n).padStart(9, '0')}`;

  it('what the key spent is the sum of its charges, in every window', async () => {
    for (const model of [CHAT_MODEL, MESSAGES_MODEL])
      await (await post(gateway, '/v1/chat/completions', chatBody(model))).text();
    const spent = dollars(await charged());
    const { status, json } = await get('/v1/key');
    expect(status).toBe(200);
    expect(json.data).toMatchObject({
      usage: spent,
      usage_daily: spent,
      usage_weekly: spent,
      usage_monthly: spent,
      currency: 'USD',
      limit: null,
      limit_remaining: null,
    });
    expect(spent).not.toBe('0.000000000');
  });

  it('the credit it spends from', async () => {
    const { rows } = await gateway.pool.query('select balance_nano from wallet where id = $1', [
      gateway.tenant.walletId,
    ]);
    const balance = dollars(BigInt(rows[0].balance_nano));
    const { json } = await get('/v1/credits');
    expect(json.data).toMatchObject({ balance, available: balance, held: '0.000000000', currency: 'USD' });
  });

  it.each([
    ['chat', '/v1/chat/completions', chatBody(CHAT_MODEL)],
    ['messages', '/v1/messages', messagesBody(MESSAGES_MODEL)],
  ])('a call is found by the id of its answer (%s)', async (_name, path, body) => {
    const answer = await post(gateway, path, body);
    const { id } = (await answer.json()) as { id: string };
    await untilSettled(gateway);
    const found = await get(`/v1/generation?id=${id}`);
    expect(found.status).toBe(200);
    expect(found.json.data).toMatchObject({
      id,
      request_id: answer.headers.get('x-request-id'),
      status: 'completed',
      cancelled: false,
      attempts: [{ outcome: 'served', status: 200 }],
      currency: 'USD',
    });
    expect(found.json.data['total_cost']).toBe(answer.headers.get('x-faregate-cost'));
    expect(found.json.data['tokens_completion']).toBeGreaterThan(0);
    expect(found.json.data).toHaveProperty('route');
    const charge = found.json.data['charge'] as unknown as { amount: string }[];
    const charged = charge.reduce((sum, { amount }) => sum + BigInt(amount.replace('.', '')), 0n);
    expect(dollars(charged)).toBe(found.json.data['total_cost']);
    expect(JSON.stringify(found.json.data)).not.toMatch(/provider_cost|absorbed/);
    const byRequest = await get(`/v1/generation?id=${answer.headers.get('x-request-id')}`);
    expect(byRequest.json.data['total_cost']).toBe(found.json.data['total_cost']);
  });

  it("another customer's call does not exist", async () => {
    const answer = await post(gateway, '/v1/chat/completions', chatBody(CHAT_MODEL));
    const { id } = (await answer.json()) as { id: string };
    await untilSettled(gateway);
    const other = await addCustomer(gateway, {});
    const { status, json } = await get(`/v1/generation?id=${id}`, other.secret);
    expect(status).toBe(404);
    expect(json.error).toMatchObject({ type: 'not_found_error', param: 'id' });
  });

  it.each(['/v1/models', '/v1/key', '/v1/credits', '/api/usage/token/', '/livez', '/openapi.json'])(
    'every answer has an id of its request: %s',
    async (path) => {
      const ask = () =>
        fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${gateway.secret}` } });
      const ids = (await Promise.all([ask(), ask()])).map(({ headers }) => headers.get('x-request-id'));
      expect(ids).toEqual([expect.stringMatching(/^req_/), expect.stringMatching(/^req_/)]);
      expect(ids[0]).not.toBe(ids[1]);
    },
  );

  it.each(['', '?id=', '?id=gen-1-x', '?id=msg_zzzzzzzzzzzzzzzzzzzzzz', '?id[]=1', '?id=req_1'])(
    'an id that is none is refused by name (%s)',
    async (query) => {
      const { status, json } = await get(`/v1/generation${query}`);
      expect([400, 404]).toContain(status);
      expect(json.error.param).toBe('id');
    },
  );

  describe('rights of a key', () => {
    /** A key of the same customer with these columns, and what it may then read. */
    const restricted = async (columns: Record<string, unknown>): Promise<string> => {
      const keyId = await createKey(gateway.pool, gateway.tenant);
      for (const [column, value] of Object.entries(columns))
        await gateway.pool.query(`update api_key set ${column} = $2 where id = $1`, [keyId, value]);
      return createSecret(gateway.pool, keyId);
    };
    const PAGES = [
      '/v1/key',
      '/v1/credits',
      '/v1/generation?id=gen-1-x',
      '/v1/models',
      `/v1/models/${CHAT_MODEL}`,
      '/dashboard/billing/subscription',
      '/v1/dashboard/billing/usage',
    ];
    const CALLS: [string, Dialect][] = [
      ['/v1/chat/completions', 'openai'],
      ['/v1/responses', 'openai'],
      ['/v1/messages', 'anthropic'],
      ['/v1/messages/count_tokens', 'anthropic'],
      [`/v1beta/models/${GEMINI_MODEL}:generateContent`, 'google'],
    ];
    const read = (path: string, secret: string): Promise<Response> =>
      fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${secret}` } });

    it('statement 72: a list of addresses holds on every route, in the shape of its callers', async () => {
      const secret = await restricted({ allowed_ips: ['10.0.0.0/8'] });
      const refusal = { status: 403, names: 'address' };
      for (const path of PAGES)
        await expectRefusal(await read(path, secret), { ...refusal, dialect: 'openai', about: path });
      for (const [path, dialect] of CALLS)
        await expectRefusal(await post({ ...gateway, secret }, path, {}), {
          ...refusal,
          dialect,
          about: path,
        });
      expect(await get('/api/usage/token/', secret)).toEqual({
        status: 403,
        json: { success: false, message: 'This key may not be used from this address' },
      });
      const allowed = await restricted({ allowed_ips: ['127.0.0.0/8', '::1'] });
      expect((await read('/v1/credits', allowed)).status).toBe(200);
    });

    it('a key that only manages others reads no account, and one for accounts alone calls no model', async () => {
      const [manager, reader] = [
        await restricted({ scopes: ['manage'] }),
        await restricted({ scopes: ['account'] }),
      ];
      const refusal = { status: 403, names: 'scope' };
      for (const path of PAGES) {
        await expectRefusal(await read(path, manager), { ...refusal, dialect: 'openai', about: path });
        expect([200, 404]).toContain((await read(path, reader)).status);
      }
      expect((await get('/api/usage/token/', manager)).status).toBe(403);
      expect((await get('/api/usage/token/', reader)).status).toBe(200);
      for (const [path, dialect] of CALLS)
        await expectRefusal(await post({ ...gateway, secret: reader }, path, {}), {
          ...refusal,
          dialect,
          about: path,
        });
    });
  });

  it.each(['suspended', 'closed'])(
    'a key of a %s organization reads its account and does nothing else',
    async (status) => {
      const { tenant, secret } = await addCustomer(gateway);
      await gateway.pool.query(`update api_key set scopes = '{inference,manage}' where id = $1`, [
        tenant.keyId,
      ]);
      await gateway.pool.query('update organization set status = $2 where id = $1', [
        tenant.organizationId,
        status,
      ]);
      const customer = { ...gateway, secret };
      const asked = gateway.simulator.journal.length;
      for (const [path, dialect] of [
        ['/v1/chat/completions', 'openai'],
        ['/v1/messages', 'anthropic'],
        ['/v1/messages/count_tokens', 'anthropic'],
      ] as const)
        await expectRefusal(await post(customer, path, messagesBody(MESSAGES_MODEL)), {
          dialect,
          status: 403,
          names: 'suspended',
          about: path,
        });
      const made = await post(customer, '/v1/manage/api-keys', { name: 'late' });
      expect(made.status).toBe(403);
      expect(await made.json()).toMatchObject({ code: 'organization_suspended' });
      expect(gateway.simulator.journal).toHaveLength(asked);
      expect((await get('/v1/credits', secret)).status).toBe(200);
    },
  );

  describe('as New API shows it', () => {
    it('statement 78: /api/usage/token/ counts in quota, and granted is used and available together', async () => {
      const spent = await charged();
      const { json } = await get('/api/usage/token/');
      expect(json).toMatchObject({
        code: true,
        message: 'ok',
        data: { object: 'token_usage', unlimited_quota: true, model_limits: {}, model_limits_enabled: false },
      });
      const { data } = json;
      expect(data['total_used']).toBe(Number((spent + 1_999n) / 2_000n));
      expect(data['total_granted']).toBe(Number(data['total_used']) + Number(data['total_available']));
      expect(data['expires_at']).toBe(0);
    });

    it('statement 78: a key with a cap shows the cap', async () => {
      await createBudget(gateway.pool, {
        scope: 'key',
        scopeId: gateway.tenant.keyId,
        organizationId: gateway.tenant.organizationId,
        amountNano: 5_000_000_000n,
        window: 'lifetime',
      });
      await (await post(gateway, '/v1/chat/completions', chatBody(CHAT_MODEL))).text();
      await untilSettled(gateway);
      const { json } = await get('/api/usage/token/');
      expect(json.data['unlimited_quota']).toBe(false);
      expect(json.data['total_granted']).toBeGreaterThanOrEqual(2_500_000);
      expect(json.data['total_granted']).toBeLessThanOrEqual(2_500_001);
      for (const root of ['', '/v1']) {
        const { json: shown } = await get(`${root}/dashboard/billing/subscription`);
        expect(shown).toMatchObject({ object: 'billing_subscription', hard_limit_usd: 5, access_until: 0 });
        expect(shown).toMatchObject({ has_payment_method: true });
        const { json: usage } = await get(`${root}/dashboard/billing/usage`);
        expect(usage.object).toBe('list');
        expect(usage.total_usage).toBeGreaterThan(0);
      }
      const { json: key } = await get('/v1/key');
      expect(key.data).toMatchObject({ limit: '5.000000000', limit_reset: null });
    });

    it('statement 78: its own words for a missing and a wrong key', async () => {
      const none = await fetch(`${gateway.url}/api/usage/token/`);
      expect(none.status).toBe(401);
      expect(await none.json()).toEqual({ success: false, message: 'No Authorization header' });
      const wrong = await get('/api/usage/token/', 'sk-wrong');
      expect(wrong.status).toBe(401);
      expect(wrong.json).toEqual({ success: false, message: 'Invalid Bearer token' });
    });
  });
});
