import { createBudget, createKey, createProject } from '../../support/builders/tenant.builder.js';
import { chatBody, post, until, untilSettled } from '../../support/calls.js';
import {
  createSecret,
  createWorld,
  serveModel,
  type TestGateway,
  type WorldOptions,
} from '../../support/gateway.js';
import { startGatedUpstream, type GatedUpstream, type ReportedUsage } from '../../support/gated-upstream.js';
import { brokenRules, giveCredit, readCalls, readCount, readWallet } from '../../support/money.js';
import { serveWorld, startApiProcess } from '../../support/processes.js';
import { createTestRedis } from '../../support/redis.js';

/** Input is free and output costs 0.00001 dollars a token, so that 1,000 tokens hold exactly one cent. */
const MODEL = 'test/one-cent';
const CENT = 10_000_000n;
const DOLLAR = 100n * CENT;
const oneCent = chatBody(MODEL, { max_tokens: 1000 });

interface Answered {
  status: number;
  headers: Headers;
  body: { error?: { code?: string | null; type?: string } };
}

describe('admission against money', () => {
  let gateway: TestGateway;
  let upstream: GatedUpstream;

  const begin = async (usage: ReportedUsage, options: WorldOptions = {}): Promise<void> => {
    upstream = await startGatedUpstream(usage);
    const world = await createWorld({ balanceNano: 0n, ...options });
    await serveModel(world.pool, {
      id: MODEL,
      protocol: 'openai-chat',
      upstreamModel: 'gated',
      baseUrl: upstream.baseUrl,
      prices: { input: 0n, output: 10_000_000n },
    });
    gateway = await serveWorld(world);
  };
  afterEach(async () => {
    upstream.open();
    await gateway.close();
    await upstream.close();
  });

  const ask = async (
    body: unknown = oneCent,
    from: { url?: string; secret?: string } = {},
  ): Promise<Answered> => {
    const target = { url: from.url ?? gateway.url, secret: from.secret ?? gateway.secret };
    const response = await post(target, '/v1/chat/completions', body);
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Answered['body'],
    };
  };

  /** Asks often at once; resolves when all but the admitted are decided, with a way to let the admitted end. */
  const crowd = async (askers: (() => Promise<Answered>)[], admitted: number) => {
    const refused: Answered[] = [];
    const all = askers.map(async (asker) => {
      const answer = await asker();
      if (answer.status !== 200) refused.push(answer);
      return answer;
    });
    await until(
      () => Promise.resolve({ refused: refused.length, received: upstream.bodies.length }),
      (seen) => seen.refused + seen.received >= askers.length,
      40_000,
    );
    expect({ refused: refused.length, received: upstream.bodies.length }).toEqual({
      refused: askers.length - admitted,
      received: admitted,
    });
    const finish = async (): Promise<Answered[]> => {
      upstream.open();
      const answers = await Promise.all(all);
      await untilSettled(gateway);
      return answers;
    };
    return { refused, finish };
  };
  const times = <Value>(count: number, value: Value): Value[] => Array.from({ length: count }, () => value);

  it('lets exactly 100 of 1,000 parallel calls of a cent in on one dollar, and settles each once', async () => {
    await begin({ input: 7, output: 400 });
    await giveCredit(gateway, DOLLAR);
    const { refused, finish } = await crowd(
      times(1000, () => ask()),
      100,
    );
    expect(new Set(refused.map(({ status, body }) => `${status} ${body.error?.code}`))).toEqual(
      new Set(['429 in_flight_budget_exhausted']),
    );
    expect(refused.every(({ headers }) => headers.get('retry-after') === '2')).toBe(true);
    expect(await readWallet(gateway)).toEqual({ balanceNano: DOLLAR, heldNano: DOLLAR });
    const answers = await finish();
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
    expect(await readWallet(gateway)).toEqual({ balanceNano: DOLLAR - 100n * 4_000_000n, heldNano: 0n });
    expect((await readCalls(gateway.pool)).map(({ amount_nano }) => amount_nano)).toEqual(
      times(100, 4_000_000n),
    );
    expect(await brokenRules(gateway)).toEqual([]);
  }, 60_000);

  it('lets exactly 100 of 1,000 in when two API processes are asked, and spends the dollar to its last nano', async () => {
    await begin({ input: 7, output: 1000 });
    await giveCredit(gateway, DOLLAR);
    const redis = createTestRedis();
    const env = { REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix };
    const apis = await Promise.all([startApiProcess(gateway, env), startApiProcess(gateway, env)]);
    try {
      const askers = times(500, apis).flatMap((each) =>
        each.map(
          ({ url }) =>
            () =>
              ask(oneCent, { url }),
        ),
      );
      const { refused, finish } = await crowd(askers, 100);
      expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429]));
      expect(await readWallet(gateway)).toEqual({ balanceNano: DOLLAR, heldNano: DOLLAR });
      await finish();
      expect(await readWallet(gateway)).toEqual({ balanceNano: 0n, heldNano: 0n });
      const late = await ask(oneCent, { url: apis[0]?.url ?? '' });
      expect(late).toMatchObject({ status: 402, body: { error: { code: 'insufficient_balance' } } });
      expect(late.headers.get('x-should-retry')).toBe('false');
      expect(await brokenRules(gateway)).toEqual([]);
    } finally {
      await Promise.all(apis.map((api) => api.kill()));
      await redis.drop();
    }
  }, 80_000);

  it.each(['key', 'project', 'organization'] as const)(
    'lets exactly as many calls in as the budget of the %s pays for',
    async (scope) => {
      await begin({ input: 7, output: 1000 });
      await giveCredit(gateway, DOLLAR);
      await createBudget(gateway.pool, budgetOf(scope, 20n * CENT));
      const { refused, finish } = await crowd(
        times(60, () => ask()),
        20,
      );
      expect(new Set(refused.map(({ status, body }) => `${status} ${body.error?.code}`))).toEqual(
        new Set(['402 budget_exceeded']),
      );
      await finish();
      expect(await readWallet(gateway)).toEqual({ balanceNano: 80n * CENT, heldNano: 0n });
      expect((await ask()).status).toBe(402);
      expect(await brokenRules(gateway)).toEqual([]);
    },
  );

  const budgetOf = (scope: 'key' | 'project' | 'organization', amountNano: bigint, window = 'lifetime') => ({
    scope,
    scopeId: {
      key: gateway.tenant.keyId,
      project: gateway.tenant.projectId,
      organization: gateway.tenant.organizationId,
    }[scope],
    organizationId: gateway.tenant.organizationId,
    amountNano,
    window,
  });

  it('statement 96: keeps the budgets of keys, projects and the organization all at once', async () => {
    await begin({ input: 7, output: 500 });
    await giveCredit(gateway, DOLLAR);
    const { pool, tenant } = gateway;
    // Organization 30 cents; first project 20, its two keys 15 and unlimited; second project unlimited.
    const second = { ...tenant, projectId: await createProject(pool, tenant.organizationId, 'second') };
    const keys = [tenant.keyId, await createKey(pool, tenant, 'b'), await createKey(pool, second, 'c')];
    const secrets = [
      gateway.secret,
      await createSecret(pool, keys[1] ?? ''),
      await createSecret(pool, keys[2] ?? ''),
    ];
    await createBudget(pool, budgetOf('organization', 30n * CENT));
    await createBudget(pool, budgetOf('project', 20n * CENT));
    await createBudget(pool, budgetOf('key', 15n * CENT));
    const askers = times(40, secrets).flatMap((each) => each.map((secret) => () => ask(oneCent, { secret })));
    const { finish } = await crowd(askers, 30);
    const spentBy = (sql: string): Promise<number> =>
      readCount(pool, `select count(*) from hold where ${sql}`);
    expect(await spentBy(`project_id = '${tenant.projectId}'`)).toBeLessThanOrEqual(20);
    expect(await spentBy(`api_key_id = '${tenant.keyId}'`)).toBeLessThanOrEqual(15);
    await finish();
    expect(await readWallet(gateway)).toEqual({ balanceNano: 85n * CENT, heldNano: 0n });
    expect(await brokenRules(gateway)).toEqual([]);
  });

  it('statement 96: opens a budget again when its window ends', async () => {
    await begin({ input: 7, output: 1000 });
    await giveCredit(gateway, DOLLAR);
    upstream.open();
    for (const [scope, window] of [
      ['key', 'daily'],
      ['project', 'weekly'],
      ['organization', 'monthly'],
    ] as const)
      await createBudget(gateway.pool, budgetOf(scope, 2n * CENT, window));
    const setClock = (at: string) =>
      gateway.pool.query(
        `create or replace function billing_now() returns timestamptz language sql volatile parallel safe as 'select timestamptz ''${at}'''`,
      );
    const spend = async (): Promise<number[]> => {
      const statuses = [];
      for (let call = 0; call < 3; call++) {
        statuses.push((await ask()).status);
        await untilSettled(gateway);
      }
      return statuses;
    };
    const raise = (scope: string) =>
      gateway.pool.query('update budget set amount_nano = amount_nano + $2 where scope = $1', [
        scope,
        2n * CENT,
      ]);
    await setClock('2026-06-10T23:59:59Z');
    expect(await spend()).toEqual([200, 200, 402]);
    // A new day, the same week and month: only the key's window is new.
    await setClock('2026-06-11T00:00:00Z');
    expect((await ask()).status).toBe(402);
    await raise('project');
    await raise('organization');
    expect(await spend()).toEqual([200, 200, 402]);
    // Monday: day and week are new, the month is not.
    await setClock('2026-06-15T00:00:00Z');
    expect((await ask()).status).toBe(402);
    await raise('organization');
    expect(await spend()).toEqual([200, 200, 402]);
    await setClock('2026-07-01T00:00:00Z');
    expect(await spend()).toEqual([200, 200, 402]);
  });

  it.each([
    ['none', null, {}],
    ['detached', 'detached', {}],
    ['blocked', 'blocked', {}],
    ['expired by its status', 'expired', {}],
    ['expired by its date', 'active', { exp_year: 2024, exp_month: 12 }],
  ])(
    'refuses a call without credit whose payment method is %s before any upstream sees it',
    async (_, method, card) => {
      await begin({ input: 7, output: 500 }, { paymentMethod: method, overdraftNano: DOLLAR });
      for (const [column, value] of Object.entries(card))
        await gateway.pool.query(`update payment_method set ${column} = $1`, [value]);
      upstream.open();
      const answer = await ask();
      expect(answer).toMatchObject({
        status: 402,
        body: { error: { type: 'billing_error', code: 'payment_method_required' } },
      });
      expect(answer.headers.get('x-should-retry')).toBe('false');
      const onMessages = await post(gateway, '/v1/messages', oneCent);
      expect(onMessages.status).toBe(402);
      expect(await onMessages.json()).toMatchObject({ type: 'error', error: { type: 'billing_error' } });
      expect(upstream.bodies).toEqual([]);
      // Credit needs nobody to collect from.
      await giveCredit(gateway, 2n * CENT);
      expect((await ask()).status).toBe(200);
      expect(upstream.bodies).toHaveLength(1);
    },
  );

  it('lets a customer with a usable payment method go as far as the credit limit, and no further', async () => {
    await begin({ input: 7, output: 1000 }, { overdraftNano: 10n * CENT });
    const { refused, finish } = await crowd(
      times(30, () => ask()),
      10,
    );
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429]));
    await finish();
    expect(await readWallet(gateway)).toEqual({ balanceNano: -10n * CENT, heldNano: 0n });
    expect(await brokenRules(gateway)).toEqual([]);
  });

  it('refuses a model without a price, whatever the balance', async () => {
    await begin({ input: 7, output: 10 }, { balanceNano: DOLLAR });
    await serveModel(gateway.pool, {
      id: 'test/unpriced',
      protocol: 'openai-chat',
      upstreamModel: 'gated',
      baseUrl: upstream.baseUrl,
      prices: { input: 1n },
    });
    upstream.open();
    const answer = await until(
      () => ask(chatBody('test/unpriced')),
      ({ body }) => body.error?.code !== 'model_not_found',
    );
    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'model_not_priced' } } });
    expect(upstream.bodies).toEqual([]);
  });

  it('says 403 about money in the octen profile, and 402 in every other', async () => {
    await begin({ input: 7, output: 10 }, { paymentMethod: null });
    for (const [profile, status] of [
      ['octen', 403],
      ['octopusx', 402],
      ['cortecs', 402],
      ['standard', 402],
    ] as const) {
      await gateway.pool.query('update organization set compatibility = $1', [profile]);
      const answer = await until(
        () => ask(),
        (seen) => seen.status === status,
        4_000,
      );
      expect(answer.headers.get('x-should-retry')).toBe('false');
    }
    expect(upstream.bodies).toEqual([]);
  });

  it('shortens an answer to what the balance pays for, tells the caller and the upstream, and charges no more', async () => {
    await begin({ input: 7, output: 640 });
    await giveCredit(gateway, 6_405_000n);
    upstream.open();
    const response = await post(gateway, '/v1/chat/completions', oneCent);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-faregate-warnings')).toMatch(/max_tokens was lowered to 640\b/);
    const [sent] = upstream.bodies;
    expect(sent?.['max_tokens'] ?? sent?.['max_completion_tokens']).toBe(640);
    await untilSettled(gateway);
    expect(await readWallet(gateway)).toEqual({ balanceNano: 5_000n, heldNano: 0n });
    expect(await brokenRules(gateway)).toEqual([]);
  });

  it('refuses rather than shortens an answer to next to nothing', async () => {
    await begin({ input: 7, output: 10 });
    await giveCredit(gateway, 2_550_000n);
    expect(await ask()).toMatchObject({ status: 402, body: { error: { code: 'insufficient_balance' } } });
    expect(upstream.bodies).toEqual([]);
  });

  it('charges a call that cost more than was held what the wallet can still pay; the house bears the rest', async () => {
    await begin({ input: 7, output: 5000 });
    await giveCredit(gateway, 3n * CENT);
    upstream.open();
    expect((await ask()).status).toBe(200);
    await untilSettled(gateway);
    expect(await readCalls(gateway.pool)).toMatchObject([
      { amount_nano: 3n * CENT, absorbed_nano: 2n * CENT },
    ]);
    expect(await readWallet(gateway)).toEqual({ balanceNano: 0n, heldNano: 0n });
    expect(await brokenRules(gateway)).toEqual([]);
  });

  it('never takes for one overrun what another call holds', async () => {
    await begin({ input: 7, output: 3000 });
    await giveCredit(gateway, 3n * CENT);
    const { finish } = await crowd(
      times(3, () => ask()),
      3,
    );
    await finish();
    const calls = await readCalls(gateway.pool);
    expect(calls.map(({ amount_nano, absorbed_nano }) => amount_nano + absorbed_nano)).toEqual(
      times(3, 3n * CENT),
    );
    expect(calls.map(({ amount_nano }) => amount_nano)).toEqual(times(3, CENT));
    expect(await readWallet(gateway)).toEqual({ balanceNano: 0n, heldNano: 0n });
    expect(await brokenRules(gateway)).toEqual([]);
  });
});
