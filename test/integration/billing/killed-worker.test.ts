import { chatBody, post, until } from '../../support/calls.js';
import { CHAT_MODEL, createWorld, type GatewayWorld } from '../../support/gateway.js';
import { BillingServices } from '../../support/billing.js';
import { brokenRules, giveCredit, readCount } from '../../support/money.js';
import {
  startApiProcess,
  startWorkerProcess,
  type ApiProcess,
  type ProductProcess,
} from '../../support/processes.js';
import { createTestRedis } from '../../support/redis.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';

const CHAT = '/v1/chat/completions';

let world: GatewayWorld;
const running: ProductProcess[] = [];
beforeEach(async () => {
  world = await createWorld({ balanceNano: 0n });
  await giveCredit(world, 1_000_000_000_000n);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((product) => product.kill()));
  await world.close();
});

const startApi = async (env: Record<string, string> = {}): Promise<ApiProcess> => {
  const api = await startApiProcess(world, env);
  running.push(api);
  return api;
};
const startWorker = async (env: Record<string, string> = {}): Promise<ProductProcess> => {
  const worker = await startWorkerProcess(world, env);
  running.push(worker);
  return worker;
};
const call = async (api: ApiProcess): Promise<number> =>
  (await post({ url: api.url, secret: world.secret }, CHAT, chatBody(CHAT_MODEL))).status;
const pending = (): Promise<number> => readCount(world.pool, 'select count(*) from usage_pending');
const events = (): Promise<number> => readCount(world.pool, 'select count(*) from usage_event');
const posted = (): Promise<number> =>
  readCount(world.pool, `select count(*) from ledger_transaction where kind = 'usage'`);

const waitingForLots = (): Promise<number> =>
  readCount(
    world.pool,
    `select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`,
  );
/** Every journal of usage, in the order they were posted. */
const money = async (): Promise<unknown[]> =>
  (
    await world.pool.query(
      `select t.id, a.kind, e.amount_nano::text as nano from ledger_transaction t join ledger_entry e on e.transaction_id = t.id
       join ledger_account a on a.id = e.account_id where t.kind = 'usage' order by t.id, e.id`,
    )
  ).rows;

/** A worker in the middle of a batch of five: it has claimed its events and waits for the lots, until they are given. */
async function workerInBatch() {
  const api = await startApi();
  for (let count = 0; count < 5; count++) expect(await call(api)).toBe(200);
  await until(events, (count) => count === 5);
  const services = new BillingServices(world.database.url);
  const blocker = await services.pool.connect();
  await blocker.query('begin');
  await services.ledger.lockLots(blocker, [world.tenant.walletId]);
  const victim = await startWorker();
  await until(waitingForLots, (waiting) => waiting > 0);
  const giveLots = async (): Promise<void> => {
    await blocker.query('rollback');
    blocker.release();
    await services.close();
  };
  return { api, victim, giveLots };
}

it('crash point C11: a worker killed with SIGKILL in the middle of a batch leaves all of it, and the next one posts it once', async () => {
  const { victim, giveLots } = await workerInBatch();
  await victim.kill();
  await giveLots();
  expect([await pending(), await posted()]).toEqual([5, 0]);
  expect(await readCount(world.pool, 'select count(*) from usage_rollup')).toBe(0);
  await startWorker();
  await until(pending, (left) => left === 0);
  expect(await posted()).toBeGreaterThan(0);
  expect(await brokenRules(world)).toEqual([]);
}, 60_000);

it('crash point C12: a worker that stands still in the middle of a batch, long enough for another to do it again, posts nothing twice when it goes on', async () => {
  const { api, victim, giveLots } = await workerInBatch();
  // It has claimed all five and gets its lots, and never hears of it.
  victim.signal('SIGSTOP');
  await giveLots();
  expect(await pending()).toBe(5);
  // The other one finds nothing to claim until the server has given the sleeping session up.
  await startWorker();
  await until(pending, (left) => left === 0, 40_000);
  const before = await money();
  expect(before).not.toEqual([]);
  victim.signal('SIGCONT');
  // Awake again, it works on: what is used now is posted, by whichever of the two comes first.
  for (let count = 0; count < 3; count++) expect(await call(api)).toBe(200);
  await until(events, (count) => count === 8);
  await until(pending, (left) => left === 0, 20_000);
  expect((await money()).slice(0, before.length)).toEqual(before);
  expect(await readCount(world.pool, `select sum(lines) from usage_rollup where token_class = 'input'`)).toBe(
    8,
  );
  expect(await brokenRules(world)).toEqual([]);
}, 90_000);

it('crash point C8: Redis away and then empty admits as before, and every wake-up that was lost is found again by the worker that runs', async () => {
  const redis = createTestRedis();
  const { hostname, port } = new URL(redis.url);
  const proxy = await startTcpProxy({ host: hostname, port: Number(port || 6379) });
  try {
    const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REDIS_PREFIX: redis.prefix };
    const [api] = await Promise.all([startApi(env), startWorker(env)]);
    expect(await call(api)).toBe(200);
    await until(posted, (count) => count > 0);
    proxy.set('reset');
    for (let count = 0; count < 5; count++) expect(await call(api)).toBe(200);
    await until(events, (count) => count === 6);
    await redis.drop();
    proxy.set('pass');
    // The schedules went with Redis; the worker misses them within a quarter of a minute.
    await until(pending, (left) => left === 0, 60_000);
    expect(await call(api)).toBe(200);
    await until(events, (count) => count === 7);
    expect(await brokenRules(world)).toEqual([]);
  } finally {
    await proxy.close();
    await redis.drop();
  }
}, 120_000);
