import { chatBody, post, until } from '../../support/calls.js';
import { CHAT_MODEL, createWorld, serveModel, type GatewayWorld } from '../../support/gateway.js';
import { brokenRules, giveCredit, readCalls, readCount, readWallet } from '../../support/money.js';
import { startApiProcess, type ApiProcess } from '../../support/processes.js';
import { openCall } from '../../support/raw-call.js';
import { createTestRedis } from '../../support/redis.js';

const CHAT = '/v1/chat/completions';
const CREDIT = 1_000_000_000_000n;
const SHARED = 'test/shared';
const HOUR_MS = 3_600_000;

let world: GatewayWorld;
let api: ApiProcess;
beforeEach(async () => {
  world = await createWorld({ balanceNano: 0n, env: { HOLD_TTL_SECONDS: '60' } });
  await giveCredit(world, CREDIT);
});
afterEach(async () => {
  await api.kill();
  await world.close();
});

const caller = () => ({ url: api.url, secret: world.secret });
const settled = (count: number): Promise<unknown> =>
  until(
    () => readCount(world.pool, `select count(*) from usage_event`),
    (events) => events === count,
  );
const expectPaid = async (): Promise<void> => {
  const charged = (await readCalls(world.pool)).reduce((sum, { amount_nano }) => sum + amount_nano, 0n);
  expect(await readWallet(world)).toEqual({ balanceNano: CREDIT - charged, heldNano: 0n });
  expect(await brokenRules(world)).toEqual([]);
};

describe('a call that a second provider serves', () => {
  beforeEach(async () => {
    const baseUrl = `${world.simulator.baseUrl}/v1`;
    const shared = { id: SHARED, protocol: 'openai-chat', baseUrl } as const;
    const first = await serveModel(world.pool, { ...shared, upstreamModel: 'one' });
    await serveModel(world.pool, {
      ...shared,
      upstreamModel: 'two',
      prices: { input: 6_000_000n, output: 30_000_000n },
    });
    await world.pool.query('update deployment set priority = 9 where id = $1', [first.deploymentId]);
    world.simulator.use({ match: { model: 'one' }, answer: { kind: 'error', status: 500 } });
  });

  const attempts = async () =>
    (
      await world.pool.query<{ upstream_model: string; outcome: string; cost_nano: string }>(
        'select upstream_model, outcome, cost_nano from attempt order by seq',
      )
    ).rows;
  const holds = () => readCount(world.pool, 'select count(*) from hold');

  it('crash point C7: has one hold, pays the provider that served, and the cost of every attempt is in the books', async () => {
    api = await startApiProcess(world);
    const answer = await post(caller(), CHAT, chatBody(SHARED));
    expect(answer.status).toBe(200);
    await settled(1);
    expect(await holds()).toBe(1);
    expect(await attempts()).toMatchObject([
      { upstream_model: 'one', outcome: 'failed' },
      { upstream_model: 'two', outcome: 'served' },
    ]);
    const cost = (await attempts()).reduce((sum, { cost_nano }) => sum + Number(cost_nano), 0);
    expect(cost).toBeGreaterThan(0);
    await expectPaid();
    expect(
      await readCount(
        world.pool,
        `select sum(e.amount_nano) from ledger_entry e join ledger_account a on a.id = e.account_id where a.kind = 'cost_of_sales'`,
      ),
    ).toBe(cost);
    // 6 and 30 dollars for a million tokens, as the second provider is sold.
    const [call] = await readCalls(world.pool);
    expect(call?.amount_nano).toBe(
      BigInt((call?.input_tokens ?? 0) * 6_000 + (call?.output_tokens ?? 0) * 30_000),
    );
  }, 60_000);

  it('crash point C7: has one hold, and is paid once, when its process is killed while the second answers', async () => {
    world.simulator.use({
      match: { model: 'two' },
      answer: { kind: 'model' },
      pacing: { neverAnswer: true },
    });
    api = await startApiProcess(world);
    openCall(caller(), CHAT, chatBody(SHARED));
    await world.simulator.until((journal) => journal.length === 2);
    expect(await holds()).toBe(1);
    await api.kill();
    await world.pool.query(
      `update hold set expires_at = billing_now() - interval '1 second'; update gateway_process set seen_at = billing_now() - interval '1 minute'`,
    );
    await world.pool.query('select * from sweep_holds(1000)');
    expect(await readCount(world.pool, 'select count(*) from usage_event')).toBe(0);
    await expectPaid();
  }, 60_000);
});

describe.each([
  ['an hour ahead', HOUR_MS],
  ['an hour behind', -HOUR_MS],
])('a process whose clock is %s', (_, skewMs) => {
  /** Runs before the product and moves every clock it can ask. */
  const skewed = `const Real = Date; globalThis.Date = class extends Real {
    constructor(...given) { if (given.length) super(...given); else super(Real.now() + ${skewMs}); }
    static now() { return Real.now() + ${skewMs}; } };`;

  it('crash point C13: books its calls in the time of the database, and cannot admit a key that has expired there', async () => {
    api = await startApiProcess(world, {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(skewed)}`,
    });
    const answer = await post(caller(), CHAT, chatBody(CHAT_MODEL));
    expect(answer.status).toBe(200);
    // The process itself is off by that hour.
    const said = Date.parse(/"time":"([^"]+)"/.exec(api.output())?.[1] ?? '') - Date.now();
    expect(Math.abs(said - skewMs)).toBeLessThan(60_000);
    await settled(1);
    expect(
      await readCount(
        world.pool,
        `select count(*) from usage_event e join billing_period p on p.id = e.period_id
         where e.recorded_at between billing_now() - interval '1 minute' and billing_now()
           and e.occurred_at between billing_now() - interval '6 minutes' and billing_now() + interval '5 minutes'
           and e.recorded_at >= p.starts_at and e.recorded_at < p.ends_at`,
      ),
    ).toBe(1);
    // A hold is as old as the database says: nothing is swept although the process thinks it is another time.
    world.simulator.use({ answer: { kind: 'model' }, pacing: { firstByteDelayMs: 500 } });
    const underWay = post(caller(), CHAT, chatBody(CHAT_MODEL));
    await world.simulator.until((journal) => journal.length === 2);
    expect((await world.pool.query('select * from sweep_holds(1000)')).rowCount).toBe(0);
    expect((await underWay).status).toBe(200);
    await settled(2);
    await world.pool.query(
      `update api_key set expires_at = billing_now() - interval '1 minute' where id = $1`,
      [world.tenant.keyId],
    );
    expect((await post(caller(), CHAT, chatBody(CHAT_MODEL))).status).toBe(401);
    await expectPaid();
  }, 60_000);
});

describe('while a newer version is rolled out', () => {
  it('crash point C22: the older process goes on under the newer tables, and a call keeps the price it was admitted at', async () => {
    const redis = createTestRedis();
    const shared = { REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix };
    api = await startApiProcess(world, shared);
    world.simulator.use({ answer: { kind: 'model' }, pacing: { firstByteDelayMs: 2_000 } });
    const before = post(caller(), CHAT, chatBody(CHAT_MODEL));
    await world.simulator.until((journal) => journal.length === 1);
    // What a migration may do: more columns and tables. The deploy publishes a new price as well.
    for (const table of [
      'request',
      'hold',
      'usage_event',
      'usage_event_line',
      'attempt',
      'wallet',
      'api_key',
    ])
      await world.pool.query(`alter table ${table} add column since_next_version text not null default 'x'`);
    await world.pool.query('create table made_by_next_version (id int)');
    await world.pool.query(
      `update price_version set valid = tstzrange(lower(valid), clock_timestamp())
       where sku_id in (select id from sku where model_id = $1 and kind = 'list')`,
      [CHAT_MODEL],
    );
    await world.pool.query(
      `insert into price_version (id, sku_id, unit_price_pico, valid, source, created_by)
       select gen_random_uuid(), sku_id, unit_price_pico * 2, tstzrange(upper(valid), null), 'test', 'test'
       from price_version where upper(valid) is not null`,
    );
    await world.pool.query('update catalog_version set version = version + 1');
    // The next version's process, beside the old one.
    const newer = await startApiProcess(world, shared);
    try {
      expect((await before).status).toBe(200);
      await settled(1);
      expect((await post({ url: newer.url, secret: world.secret }, CHAT, chatBody(CHAT_MODEL))).status).toBe(
        200,
      );
      await settled(2);
      expect((await post(caller(), CHAT, chatBody(CHAT_MODEL))).status).toBe(200);
      await settled(3);
    } finally {
      await newer.kill();
      await redis.drop();
    }
    const calls = await readCalls(world.pool);
    const price = ({ input_tokens, output_tokens }: (typeof calls)[number]): bigint =>
      BigInt((input_tokens ?? 0) * 3_000 + (output_tokens ?? 0) * 15_000);
    expect(calls.map((call) => call.amount_nano)).toEqual(
      calls.map((call, index) => price(call) * (index === 0 ? 1n : 2n)),
    );
    await expectPaid();
  }, 60_000);
});
