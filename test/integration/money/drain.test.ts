import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { adminDoor, createAdminSecret } from '../../support/admin-door.js';
import { chatBody, post, until } from '../../support/calls.js';
import { CHAT_MODEL, createWorld, MESSAGES_MODEL, type GatewayWorld } from '../../support/gateway.js';
import { brokenRules, giveCredit, readCalls, readCount, readWallet } from '../../support/money.js';
import { startApiProcess, startWorkerProcess, type ApiProcess } from '../../support/processes.js';
import { openCall, rawCall, type RawCall } from '../../support/raw-call.js';
import { DELTA, largeRule, streamRule } from '../../support/upstream-frames.js';

const CHAT = '/v1/chat/completions';
const MESSAGES = '/v1/messages';

const isRefused = (url: string): Promise<boolean> =>
  fetch(`${url}/livez`).then(
    () => false,
    (error: Error) => /ECONNREFUSED/.test(String((error.cause as { code?: string } | undefined)?.code)),
  );

describe('an API process that is told to go', () => {
  let world: GatewayWorld;
  let api: ApiProcess;
  beforeEach(async () => {
    world = await createWorld({ balanceNano: 0n });
    await giveCredit(world, 1_000_000_000_000n);
  });
  afterEach(async () => {
    await api.kill();
    await world.close();
  });

  const caller = () => ({ url: api.url, secret: world.secret });
  const openStreams = (): RawCall[] =>
    [CHAT, MESSAGES].flatMap((path) =>
      [CHAT_MODEL, MESSAGES_MODEL].map((model) =>
        openCall(caller(), path, chatBody(model, { stream: true })),
      ),
    );
  const ready = async (): Promise<{ status: number; body: { status?: string } }> => {
    const response = await fetch(`${api.url}/readyz`);
    return { status: response.status, body: (await response.json()) as { status?: string } };
  };
  const expectNothingLeft = async (): Promise<void> => {
    expect(await api.exited).toEqual({ code: 0, signal: null });
    expect(readdirSync(world.journalDir)).toEqual([]);
    expect((await readWallet(world)).heldNano).toBe(0n);
    expect(await brokenRules(world)).toEqual([]);
  };

  it('says it first, serves on, then takes no connection, and cuts no stream that ends in time', async () => {
    api = await startApiProcess(world, { DRAIN_NOTICE_SECONDS: '1', DRAIN_SECONDS: '10' });
    expect(await ready()).toMatchObject({ status: 200, body: { status: 'ready' } });
    world.simulator.use({ answer: { kind: 'model' }, pacing: { chunkDelayMs: 60 }, times: 4 });
    const say = { messages: [{ role: 'user', content: 'Say 30 words.' }], max_tokens: 200, stream: true };
    const streams = [CHAT, MESSAGES].flatMap((path) =>
      [CHAT_MODEL, MESSAGES_MODEL].map((model) => openCall(caller(), path, chatBody(model, say))),
    );
    await Promise.all(streams.map((stream) => stream.received(/("delta":[^]*){5}/)));
    api.signal('SIGTERM');
    const notice = await until(ready, ({ status }) => status === 503);
    expect(notice.body.status).toBe('draining');
    expect((await post(caller(), CHAT, chatBody(CHAT_MODEL))).status).toBe(200);
    await until(
      () => isRefused(api.url),
      (refused) => refused,
    );
    const whileRefused = world.simulator.journal.filter(({ answer }) => answer.finished === 'pending');
    expect(whileRefused.length).toBeGreaterThan(0);
    expect(await Promise.all(streams.map((stream) => stream.over))).toEqual([true, true, true, true]);
    for (const stream of streams)
      expect(stream.text()).toMatch(/data: \[DONE\]\n\n$|event: message_stop\ndata: .*\n\n$/);
    await expectNothingLeft();
    expect(world.simulator.journal.map(({ answer }) => answer.finished)).toEqual(Array(5).fill('complete'));
    expect((await readCalls(world.pool)).map(({ status }) => status)).toEqual(Array(5).fill('completed'));
  }, 60_000);

  it.each([
    ['one signal', ['SIGTERM']],
    ['several signals', ['SIGTERM', 'SIGINT', 'SIGTERM']],
  ] as const)(
    'after %s ends what takes too long with an error in its own protocol, uncharged',
    async (_, signals) => {
      api = await startApiProcess(world, { DRAIN_SECONDS: '1' });
      for (const protocol of [
        'openai-chat',
        'anthropic-messages',
        'openai-chat',
        'anthropic-messages',
      ] as const)
        world.simulator.use({
          ...streamRule(protocol, 3),
          match: { protocol, streamed: true },
        });
      world.simulator.use({ answer: { kind: 'model' }, pacing: { neverAnswer: true }, times: 2 });
      const streams = openStreams();
      const whole = [CHAT, MESSAGES].map((path) => openCall(caller(), path, chatBody(CHAT_MODEL)));
      await Promise.all(streams.map((stream) => stream.received(new RegExp(`(${DELTA}[^]*){3}`))));
      await world.simulator.until((journal) => journal.length === 6);
      const toldAt = performance.now();
      for (const signal of signals) api.signal(signal);
      expect(await Promise.all(streams.map((stream) => stream.over))).toEqual([true, true, true, true]);
      expect(performance.now() - toldAt).toBeGreaterThan(900);
      for (const stream of streams.slice(0, 2)) {
        expect(stream.text()).toMatch(/data: \{"error":\{.*\}\}\n\n$/);
        expect(stream.text()).not.toContain('[DONE]');
      }
      for (const stream of streams.slice(2)) {
        expect(stream.text()).toMatch(/event: error\ndata: \{"type":"error".*\}\n\n$/);
        expect(stream.text()).not.toContain('message_stop');
      }
      expect(await Promise.all(whole.map((call) => call.status))).toEqual([503, 529]);
      await expectNothingLeft();
      expect((await readCalls(world.pool)).map(({ status, amount_nano }) => [status, amount_nano])).toEqual(
        Array(6).fill(['failed', 0n]),
      );
      expect((await readWallet(world)).balanceNano).toBe(1_000_000_000_000n);
    },
    60_000,
  );
});

describe('an API process that is told to go while others read and work', () => {
  let world: GatewayWorld;
  let api: ApiProcess;
  beforeAll(async () => {
    world = await createWorld();
    api = await startApiProcess(world, { DRAIN_SECONDS: '20' });
  });
  afterAll(async () => {
    await api.kill();
    await world.close();
  });

  /** Somebody waits for a lock. */
  const untilWaiting = () =>
    until(
      () => readCount(world.pool, 'select count(*) from pg_locks where not granted'),
      (waiting) => waiting > 0,
    );

  it('lets a caller read an answer that is charged, and an admin see what was changed', async () => {
    world.simulator.use(largeRule(40_000_000));
    const { hostname, port } = new URL(api.url);
    const caller = connect(Number(port), hostname);
    caller.write(rawCall(world.secret, chatBody(CHAT_MODEL), { connection: 'close' }));
    await until(
      () => readCalls(world.pool),
      (calls) => calls.length === 1,
    );
    const admin = adminDoor(api.url, await createAdminSecret(world, 'owner'));
    const lock = await world.pool.connect();
    await lock.query('begin; lock table organization in access exclusive mode');
    const created = admin('POST', '/organizations', { name: 'Late Ltd' });
    await untilWaiting();
    api.signal('SIGTERM');
    await until(
      () => isRefused(api.url),
      (refused) => refused,
    );
    await pause(500);
    await lock.query('rollback');
    lock.release();
    expect((await created).status).toBe(201);
    let bytes = 0;
    for await (const chunk of caller) bytes += (chunk as Buffer).length;
    expect(bytes).toBeGreaterThan(40_000_000);
    expect(await api.exited).toEqual({ code: 0, signal: null });
  });
});

describe('a worker process that is told to go', () => {
  it('has posted what calls used until then, and ends by itself', async () => {
    const world = await createWorld({ balanceNano: 0n });
    const [api, worker] = await Promise.all([startApiProcess(world), startWorkerProcess(world)]);
    try {
      await giveCredit(world, 1_000_000_000_000n);
      for (const model of [CHAT_MODEL, MESSAGES_MODEL]) {
        const response = await post({ url: api.url, secret: world.secret }, CHAT, chatBody(model));
        expect(response.status).toBe(200);
      }
      await until(
        () => readCount(world.pool, `select count(*) from ledger_transaction where kind = 'usage'`),
        (posted) => posted > 0,
        15_000,
      );
      worker.signal('SIGTERM');
      worker.signal('SIGINT');
      expect(await worker.exited).toEqual({ code: 0, signal: null });
      expect(await brokenRules(world)).toEqual([]);
    } finally {
      await Promise.all([api.kill(), worker.kill()]);
      await world.close();
    }
  }, 60_000);
});
