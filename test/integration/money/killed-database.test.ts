import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../../src/embedded/postgres.js';
import { migrateDatabase, migrateQueue } from '../../../src/platform/database/migrate.js';
import { until } from '../../support/calls.js';
import { createWorld, type GatewayWorld } from '../../support/gateway.js';
import { priceInJournal, startLoad, type SeenCall } from '../../support/load.js';
import { brokenRules, giveCredit, readCalls, readCount, readWallet } from '../../support/money.js';
import { startApiProcess, startWorkerProcess, type ProductProcess } from '../../support/processes.js';
import { newSeed, randomNumbers } from '../../support/random.js';
import { startTcpProxy, through, type TcpProxy } from '../../support/tcp-proxy.js';

const CREDIT = 1_000_000_000_000n;
const LANES = 24;
const ROUNDS = 2;

describe('PostgreSQL under load, a server of its own', () => {
  const parent = mkdtempSync(path.join(tmpdir(), 'faregate-killed-'));
  const dir = path.join(parent, 'postgres');
  const way = { host: '127.0.0.1', port: 0 };
  let server: EmbeddedPostgres;
  let proxy: TcpProxy;
  let world: GatewayWorld;
  const running: ProductProcess[] = [];

  /** Starts the server on its folder, or again after it was killed; the way leads to its new port. */
  async function startServer(): Promise<void> {
    server = await startEmbeddedPostgres({ dir, persistent: true });
    way.port = Number(new URL(server.url).port);
  }
  /** SIGKILL of the postmaster: its children end with it, nothing is written. */
  async function killServer(): Promise<void> {
    const [pid] = (await readFile(path.join(server.dir, 'data/postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
  }

  beforeAll(async () => {
    await startServer();
    await migrateDatabase(server.url);
    await migrateQueue(server.url);
    proxy = await startTcpProxy(way);
    const database = { url: through(proxy, server.url), drop: () => Promise.resolve() };
    world = await createWorld({ balanceNano: 0n, database });
    await giveCredit(world, CREDIT);
  }, 60_000);
  afterAll(async () => {
    await Promise.all(running.map((product) => product.kill()));
    await world.close();
    await proxy.close();
    await server.stop();
    await rm(server.dir, { recursive: true, force: true });
    await rm(parent, { recursive: true, force: true });
  }, 60_000);

  it('crash point C10: killed twice with SIGKILL while 24 callers and a worker work: no answered call is lost, none is charged twice', async () => {
    const seed = newSeed();
    const random = randomNumbers(seed);
    world.simulator.use({ answer: { kind: 'model' }, pacing: { firstByteDelayMs: 5, chunkDelayMs: 4 } });
    const [api, worker] = await Promise.all([startApiProcess(world), startWorkerProcess(world)]);
    running.push(api, worker);
    const answered: SeenCall[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const load = startLoad({ url: api.url, secret: world.secret }, LANES, random);
      await until(
        () => Promise.resolve(load.seen.length),
        (count) => count >= LANES,
        20_000,
      );
      await killServer();
      await new Promise((resolve) => setTimeout(resolve, 500));
      const calls = load.stop();
      await startServer();
      answered.push(...(await calls).filter(({ complete }) => complete));
    }
    const settled = async (): Promise<SeenCall[]> => {
      const { rows } = await world.pool.query<{ request_id: string }>('select request_id from usage_event');
      const known = new Set(rows.map(({ request_id }) => request_id));
      return answered.filter(({ requestId }) => !known.has(requestId ?? ''));
    };
    await until(settled, (missing) => missing.length === 0, 30_000);
    const charged = new Map((await readCalls(world.pool)).map((call) => [call.request_id, call.amount_nano]));
    const wrong = answered.filter(
      ({ requestId, marker }) =>
        charged.get(requestId ?? '') !== priceInJournal(world.simulator.journal, marker),
    );
    expect({ seed, answered: answered.length >= LANES, wrong }).toEqual({ seed, answered: true, wrong: [] });
    await world.simulator.idle();
    await Promise.all(running.map((product) => product.kill()));
    // Only calls that were in flight when the server died are open; nobody was answered for them.
    await world.pool.query(
      `update hold set expires_at = billing_now() - interval '1 second' where state = 'open'`,
    );
    await world.pool.query(`update gateway_process set seen_at = billing_now() - interval '1 minute'`);
    await until(
      async () => {
        await world.pool.query('select * from sweep_holds(1000)');
        return readCount(world.pool, `select count(*) from hold where state = 'open'`);
      },
      (open) => open === 0,
    );
    const total = (await readCalls(world.pool)).reduce((sum, { amount_nano }) => sum + amount_nano, 0n);
    expect(await readWallet(world)).toEqual({ balanceNano: CREDIT - total, heldNano: 0n });
    expect(await brokenRules(world)).toEqual([]);
  }, 85_000);
});
