import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { chatBody, post, until } from '../../support/calls.js';
import { CHAT_MODEL, createWorld, type GatewayWorld } from '../../support/gateway.js';
import { brokenRules, giveCredit, readCalls, readCount, readWallet } from '../../support/money.js';
import { startApiProcess, type ApiProcess } from '../../support/processes.js';
import { openCall } from '../../support/raw-call.js';
import { startTcpProxy, through, type TcpProxy } from '../../support/tcp-proxy.js';

const CHAT = '/v1/chat/completions';
const CREDIT = 1_000_000_000_000n;
const EVENTS = 'select count(*) from usage_event';

describe('the process of a call is killed with SIGKILL', () => {
  let world: GatewayWorld;
  let api: ApiProcess;
  const proxies: TcpProxy[] = [];
  beforeEach(async () => {
    world = await createWorld({ balanceNano: 0n, env: { HOLD_TTL_SECONDS: '1' } });
    await giveCredit(world, CREDIT);
  });
  afterEach(async () => {
    await api.kill();
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
    await world.close();
  });

  const caller = () => ({ url: api.url, secret: world.secret });
  const proxyTo = async (url: string): Promise<TcpProxy> => {
    const { hostname, port } = new URL(url);
    const proxy = await startTcpProxy({ host: hostname, port: Number(port || 5432) });
    proxies.push(proxy);
    return proxy;
  };
  const openHolds = (): Promise<number> =>
    readCount(world.pool, `select count(*) from hold where state = 'open'`);
  /** What the sweep does once the dead process has been silent for long enough. */
  const sweepTheDead = async (): Promise<void> => {
    await world.pool.query(`update gateway_process set seen_at = billing_now() - interval '1 minute'`);
    await until(
      async () => {
        await world.pool.query('select * from sweep_holds(1000)');
        return openHolds();
      },
      (open) => open === 0,
    );
  };
  const expectPaid = async (): Promise<void> => {
    const charged = (await readCalls(world.pool)).reduce((sum, { amount_nano }) => sum + amount_nano, 0n);
    expect(await readWallet(world)).toEqual({ balanceNano: CREDIT - charged, heldNano: 0n });
    expect(await brokenRules(world)).toEqual([]);
  };

  it('crash point C1: before its hold is committed: nothing is left, and the caller can ask again', async () => {
    api = await startApiProcess(world);
    const blocker = await world.pool.connect();
    await blocker.query('begin');
    await blocker.query('select 1 from wallet where id = $1 for update', [world.tenant.walletId]);
    const waiting = (): Promise<number> =>
      readCount(
        world.pool,
        `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
    const call = openCall(caller(), CHAT, chatBody(CHAT_MODEL));
    await until(waiting, (count) => count > 0);
    await api.kill();
    expect(await call.over).toBe(false);
    // The server gives up a statement whose lock does not come.
    await until(waiting, (count) => count === 0);
    await blocker.query('rollback');
    blocker.release();
    expect(await readCount(world.pool, 'select count(*) from hold')).toBe(0);
    expect(await readWallet(world)).toEqual({ balanceNano: CREDIT, heldNano: 0n });
    expect(world.simulator.journal).toEqual([]);
    api = await startApiProcess(world);
    expect((await post(caller(), CHAT, chatBody(CHAT_MODEL))).status).toBe(200);
    await until(
      () => readCount(world.pool, EVENTS),
      (count) => count === 1,
    );
    await expectPaid();
  }, 60_000);

  it('crash point C2: after its hold, before the upstream heard of it: the hold is released, nothing is charged', async () => {
    const upstream = await proxyTo(world.simulator.baseUrl);
    upstream.set('pause');
    await world.pool.query('update provider set base_url = $1', [`http://127.0.0.1:${upstream.port}/v1`]);
    api = await startApiProcess(world);
    openCall(caller(), CHAT, chatBody(CHAT_MODEL));
    await until(openHolds, (open) => open === 1);
    await api.kill();
    expect((await readWallet(world)).heldNano).toBeGreaterThan(0n);
    await sweepTheDead();
    expect(world.simulator.journal).toEqual([]);
    expect(await readCount(world.pool, `select count(*) from hold where state = 'released'`)).toBe(1);
    expect(await readWallet(world)).toEqual({ balanceNano: CREDIT, heldNano: 0n });
    await expectPaid();
  }, 60_000);

  it('crash point C3: in the middle of a stream: it is charged as of its last checkpoint, marked as an estimate', async () => {
    api = await startApiProcess(world);
    world.simulator.use({ answer: { kind: 'model' }, pacing: { chunkDelayMs: 25 } });
    const say = { messages: [{ role: 'user', content: 'Say 2000 words.' }], max_tokens: 4_000, stream: true };
    const stream = openCall(caller(), CHAT, chatBody(CHAT_MODEL, say));
    await until(
      () => readCount(world.pool, `select count(*) from hold where state = 'open' and progress is not null`),
      (checkpointed) => checkpointed === 1,
      20_000,
    );
    await api.kill();
    expect(await stream.over).toBe(false);
    const seen = stream.text().split('"content":').length - 1;
    await sweepTheDead();
    const [call] = await readCalls(world.pool);
    expect(call).toMatchObject({ estimated: true });
    const charged = call?.output_tokens ?? 0;
    expect(charged).toBeGreaterThan(0);
    // Never more than was delivered and one piece under way; at most two seconds of the stream are lost, and half a second of work.
    expect(charged).toBeLessThanOrEqual(seen + 50);
    expect(seen - charged).toBeLessThanOrEqual(2_500 / 25 + 50);
    await expectPaid();
  }, 60_000);

  it('crash point C6: once its settlement is committed and the reply to that got lost: the next process settles nothing again', async () => {
    const database = await proxyTo(world.database.url);
    api = await startApiProcess(world, { DATABASE_URL: through(database, world.database.url) });
    // The connections that settlements use are there.
    expect((await post(caller(), CHAT, chatBody(CHAT_MODEL))).status).toBe(200);
    await until(
      () => readCount(world.pool, EVENTS),
      (count) => count === 1,
    );
    world.simulator.use({ answer: { kind: 'model' }, pacing: { firstByteDelayMs: 300 } });
    const answer = post(caller(), CHAT, chatBody(CHAT_MODEL));
    await world.simulator.until((journal) => journal.length === 2);
    database.set('mute');
    expect((await answer).status).toBe(200);
    await until(
      () => readCount(world.pool, EVENTS),
      (count) => count === 2,
    );
    const before = await readCalls(world.pool);
    await api.kill();
    const [kept = ''] = readdirSync(world.journalDir).map((name) =>
      readFileSync(path.join(world.journalDir, name), 'utf8'),
    );
    expect(kept).toContain(before[1]?.request_id);
    database.set('pass');
    api = await startApiProcess(world);
    expect((await post(caller(), CHAT, chatBody(CHAT_MODEL))).status).toBe(200);
    await until(
      () => readCount(world.pool, EVENTS),
      (count) => count === 3,
    );
    expect((await readCalls(world.pool)).slice(0, 2)).toEqual(before);
    await expectPaid();
  }, 60_000);
});
