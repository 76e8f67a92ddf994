import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { chatBody, post, until, untilSettled } from '../../support/calls.js';
import { CHAT_MODEL, createWorld, type GatewayWorld } from '../../support/gateway.js';
import { makeCall, priceInJournal, type SeenCall } from '../../support/load.js';
import { brokenRules, giveCredit, readCalls, readCount, readWallet } from '../../support/money.js';
import { startApiProcess, type ApiProcess } from '../../support/processes.js';
import { newSeed, randomNumbers } from '../../support/random.js';
import { startTcpProxy, through, type TcpProxy } from '../../support/tcp-proxy.js';

const CREDIT = 1_000_000_000_000n;
/** Waiting for a connection and for a statement, each once in the key's check and once more in the hold. */
const LONGEST_MS = 15_000;

describe.each([
  ['is down', 'reset'],
  ['swallows everything', 'pause'],
] as const)('while the way to PostgreSQL %s', (_, state) => {
  let world: GatewayWorld;
  let proxy: TcpProxy;
  let api: ApiProcess;
  beforeAll(async () => {
    world = await createWorld({ balanceNano: 0n });
    await giveCredit(world, CREDIT);
    const { hostname, port } = new URL(world.database.url);
    proxy = await startTcpProxy({ host: hostname, port: Number(port || 5432) });
    api = await startApiProcess(world, { DATABASE_URL: through(proxy, world.database.url) });
  });
  afterAll(async () => {
    await api.kill();
    await proxy.close();
    await world.close();
  });

  const caller = () => ({ url: api.url, secret: world.secret });
  const journalBytes = (): number =>
    readdirSync(world.journalDir).reduce(
      (sum, name) => sum + statSync(path.join(world.journalDir, name)).size,
      0,
    );
  const ready = async () => {
    const response = await fetch(`${api.url}/readyz`);
    return { status: response.status, body: (await response.json()) as object };
  };

  it('crash point C9: calls under way are served to their end, new ones get a 503, and all is settled when it is back', async () => {
    const seed = newSeed();
    const random = randomNumbers(seed);
    world.simulator.use({
      answer: { kind: 'model' },
      pacing: { firstByteDelayMs: 400, chunkDelayMs: 40 },
      times: 20,
    });
    const underWay = Array.from({ length: 20 }, () => makeCall(caller(), random));
    await world.simulator.until((journal) => journal.length === 20);
    const before = await readCount(world.pool, 'select count(*) from request');
    proxy.set(state);
    const refused: SeenCall[] = [];
    const awayUntil = performance.now() + 3_000;
    const lane = async (): Promise<void> => {
      while (performance.now() < awayUntil) refused.push(await makeCall(caller(), random));
    };
    await Promise.all([...Array.from({ length: 6 }, lane), ...underWay]);
    const notReady = await ready();
    const served = await Promise.all(underWay);
    expect({ seed, cut: served.filter(({ complete }) => !complete) }).toEqual({ seed, cut: [] });
    expect(await readCount(world.pool, 'select count(*) from request')).toBe(before);
    expect(journalBytes()).toBeGreaterThan(0);
    expect(notReady).toMatchObject({
      status: 503,
      body: {
        dependencies: expect.arrayContaining([expect.objectContaining({ name: 'database', up: false })]),
      },
    });
    for (const call of refused) {
      expect({ seed, call }).toMatchObject({
        call: { status: call.onMessages ? 529 : 503, retryAfter: expect.stringMatching(/^\d+$/) },
      });
      expect(call.elapsedMs).toBeLessThan(LONGEST_MS);
    }
    expect(refused.length).toBeGreaterThanOrEqual(6);
    expect(world.simulator.journal).toHaveLength(20);

    proxy.set('pass');
    await until(
      () => readCount(world.pool, 'select count(*) from request'),
      (count) => count === 20,
      20_000,
    );
    const calls = new Map((await readCalls(world.pool)).map((call) => [call.request_id, call.amount_nano]));
    for (const { marker, requestId } of served)
      expect(calls.get(requestId ?? '')).toBe(priceInJournal(world.simulator.journal, marker));
    await until(
      async () => (await post(caller(), '/v1/chat/completions', chatBody(CHAT_MODEL))).status,
      (status) => status === 200,
      20_000,
    );
    // A hold whose placing was swallowed on its way may yet have come to be; nobody was served for it.
    await world.pool.query(
      `update hold set expires_at = billing_now() - interval '2 minutes' where state = 'open' and created_at < billing_now() - interval '1 second'`,
    );
    await until(
      () => readCount(world.pool, `select journal_pending from gateway_process`),
      (pending) => pending === 0,
      10_000,
    );
    await world.pool.query('select * from sweep_holds(1000)');
    await untilSettled(world);
    const charged = (await readCalls(world.pool)).reduce((sum, { amount_nano }) => sum + amount_nano, 0n);
    expect(await readWallet(world)).toEqual({ balanceNano: CREDIT - charged, heldNano: 0n });
    expect(await brokenRules(world)).toEqual([]);
  }, 85_000);

  it('crash point C4: calls that end before their process dies too are settled by the next process', async () => {
    const known = await readCount(world.pool, 'select count(*) from request');
    const random = randomNumbers(newSeed());
    world.simulator.reset();
    world.simulator.use({ answer: { kind: 'model' }, pacing: { firstByteDelayMs: 300 }, times: 10 });
    const underWay = Array.from({ length: 10 }, () => makeCall(caller(), random));
    await world.simulator.until((journal) => journal.length === 10);
    proxy.set(state);
    const served = await Promise.all(underWay);
    expect(served.every(({ complete }) => complete)).toBe(true);
    await api.kill();
    proxy.set('pass');
    api = await startApiProcess(world, { DATABASE_URL: through(proxy, world.database.url) });
    await until(
      () => readCount(world.pool, 'select count(*) from request'),
      (count) => count === known + 10,
      20_000,
    );
    const calls = new Map((await readCalls(world.pool)).map((call) => [call.request_id, call.amount_nano]));
    for (const { marker, requestId } of served)
      expect(calls.get(requestId ?? '')).toBe(priceInJournal(world.simulator.journal, marker));
    await untilSettled(world);
    expect(await brokenRules(world)).toEqual([]);
  }, 60_000);
});
